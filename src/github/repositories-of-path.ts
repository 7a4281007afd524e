import { NotFoundError } from "./errors.ts";
import type { GithubApi } from "./github-api.ts";
import { parseGithubPath, type GithubPath } from "./path.ts";

/** The repositories that the unit's runners serve: the guest must not choose the target of the unit's requests. */
export class RepositoriesOfPath {
  readonly #api: GithubApi;
  readonly #path: GithubPath;
  #renamed: Promise<GithubPath | undefined> | undefined;

  constructor(api: GithubApi, path: GithubPath) {
    this.#api = api;
    this.#path = path;
  }

  /** Whether a repository is within the unit's path, by its present name too. */
  async include(owner: string, repository: string, signal: AbortSignal): Promise<boolean> {
    return (
      isWithin(this.#path, owner, repository) || (await this.#isWithinRenamed(owner, repository, signal))
    );
  }

  /** GitHub redirects requests for an old name, while jobs report the new one. */
  async #isWithinRenamed(owner: string, repository: string, signal: AbortSignal): Promise<boolean> {
    // Old names of organisations and enterprises answer 404.
    if (this.#path.kind !== "repository") return false;
    const renamed = await (this.#renamed ??= this.#presentPath(signal));
    return renamed !== undefined && isWithin(renamed, owner, repository);
  }

  async #presentPath(signal: AbortSignal): Promise<GithubPath | undefined> {
    const action = `read the present name of '${this.#api.path}'`;
    const answer = await this.#api
      .send({ action, method: "GET", route: "" }, signal)
      .catch(absentWhereNotFound);
    const { full_name: fullName } = Object(answer?.body) as { full_name?: unknown };
    return typeof fullName === "string" ? readPath(fullName) : undefined;
  }
}

/** Converts GitHub's 404 to undefined. */
export function absentWhereNotFound(thrown: unknown): undefined {
  if (thrown instanceof NotFoundError) return undefined;
  throw thrown;
}

function readPath(text: string): GithubPath | undefined {
  try {
    return parseGithubPath(text);
  } catch {
    return undefined;
  }
}

function isWithin(path: GithubPath, owner: string, repository: string): boolean {
  const isSame = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();
  switch (path.kind) {
    case "repository":
      return isSame(path.owner, owner) && isSame(path.repository, repository);
    case "organisation":
      return isSame(path.organisation, owner);
    case "enterprise":
      return true;
  }
}
