/** Where runners are registered: `repos/<owner>/<repository>`, `orgs/<organisation>` or `enterprises/<slug>`. */
export type Scope = `repos/${string}/${string}` | `orgs/${string}` | `enterprises/${string}`;

/** The scope that the parameters of a path name. */
export function scopeOf(parameters: Readonly<Record<string, string>>): Scope {
  const { owner, repo, org, enterprise } = parameters;
  if (owner !== undefined && repo !== undefined) return lowerCase(`repos/${owner}/${repo}`);
  if (org !== undefined) return lowerCase(`orgs/${org}`);
  return lowerCase(`enterprises/${enterprise ?? ""}`);
}

/**
 * The scope of an address that `config.sh --url` is given, such as `https://github.example/owner/repository`.
 *
 * @returns undefined for an address that names none.
 */
export function scopeOfUrl(url: string): Scope | undefined {
  const [first, second] = URL.parse(url)?.pathname.split("/").filter(Boolean) ?? [];
  if (first === undefined) return undefined;
  if (first === "enterprises" && second !== undefined) return lowerCase(`enterprises/${second}`);
  return lowerCase(second === undefined ? `orgs/${first}` : `repos/${first}/${second}`);
}

/** The scope of a repository, written `owner/repository`. */
export function repositoryScope(nameWithOwner: string): Scope {
  return lowerCase(`repos/${nameWithOwner}` as Scope);
}

/** Whether runners of a scope take jobs of a repository, written `owner/repository`. */
export function serves(scope: Scope, repository: string): boolean {
  const [owner = ""] = repository.split("/");
  if (scope.startsWith("enterprises/")) return true;
  return (
    scope === lowerCase(`repos/${repository as `${string}/${string}`}`) ||
    scope === lowerCase(`orgs/${owner}`)
  );
}

/** GitHub's names do not depend on case. */
function lowerCase(scope: Scope): Scope {
  return scope.toLowerCase() as Scope;
}
