import { ConditionError } from "charm-kit";

/** A repository, an organisation or an enterprise that runners register in. */
export type GithubPath =
  | { readonly kind: "repository"; readonly owner: string; readonly repository: string }
  | { readonly kind: "organisation"; readonly organisation: string }
  | { readonly kind: "enterprise"; readonly enterprise: string };

/** The option names no repository, organisation or enterprise. */
export class GithubPathError extends ConditionError {
  readonly code = "github-path";
  readonly remedy = "person";
  /** The fault, without the accepted forms. */
  readonly fault: string;

  constructor(fault: string) {
    super(
      `Cannot use the path: ${fault}; accepted are 'owner/repository', 'organisation' and 'enterprises/enterprise-slug'`,
    );
    this.fault = fault;
  }
}

/** Old accounts have hyphens anywhere, which GitHub no longer allows in new ones; managed users have an underscore. */
const ACCOUNT = /^(?=.*[a-z\d])[a-z\d_-]+$/i;
const REPOSITORY = /^[\w.-]{1,100}$/;
const LONGEST_ACCOUNT = 39;
const LONGEST_ENTERPRISE = 60;

/**
 * Parses `owner/repository`, `organisation` or `enterprises/enterprise-slug` by GitHub's rules for names.
 *
 * @throws {@link GithubPathError} for other texts, such as the address of a web page.
 */
export function parseGithubPath(text: string): GithubPath {
  const parts = text.trim().split("/");
  const [first = "", second] = parts;
  if (first === "") throw new GithubPathError(text.trim() === "" ? "it is empty" : "it starts with a slash");
  if (parts.length > 2) throw new GithubPathError("it has more than two parts");
  if (second === undefined) {
    return { kind: "organisation", organisation: checkAccount("organisation", first, LONGEST_ACCOUNT) };
  }
  if (first.toLowerCase() === "enterprises") {
    return { kind: "enterprise", enterprise: checkAccount("enterprise", second, LONGEST_ENTERPRISE) };
  }
  return {
    kind: "repository",
    owner: checkAccount("owner", first, LONGEST_ACCOUNT),
    repository: checkRepository(second),
  };
}

/** The text of a path, as in GitHub's web addresses. */
export function githubPathText(path: GithubPath): string {
  switch (path.kind) {
    case "repository":
      return `${path.owner}/${path.repository}`;
    case "organisation":
      return path.organisation;
    case "enterprise":
      return `enterprises/${path.enterprise}`;
  }
}

/** A status repeats it: a pasted text may be of any length. */
function quote(name: string): string {
  return JSON.stringify(name.length > LONGEST_QUOTE ? `${name.slice(0, LONGEST_QUOTE)}…` : name);
}

const LONGEST_QUOTE = 110;

function checkAccount(what: string, name: string, longest: number): string {
  if (name.length <= longest && ACCOUNT.test(name)) return name;
  throw new GithubPathError(
    `${what} ${quote(name)} is not made of at most ${longest} letters, digits and hyphens`,
  );
}

function checkRepository(name: string): string {
  if (REPOSITORY.test(name) && name !== "." && name !== ".." && !name.toLowerCase().endsWith(".git"))
    return name;
  throw new GithubPathError(
    `repository ${quote(name)} is not made of at most 100 letters, digits, '.', '-' and '_', or ends in '.git'`,
  );
}
