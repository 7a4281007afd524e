import { repositoryId } from "../routes/repository-routes.ts";
import type { Answer } from "../routes/route.ts";

/** A request, as far as a new name changes it. */
interface Moved {
  readonly method: string;
  /** Without the API's prefix and the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly apiURL: string;
}

/**
 * Repositories with a new name: GitHub answers for the old one with a redirect to the repository's number, 301 for GET and
 * 307 for other methods (https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api).
 */
export class RenamedRepositories {
  /** New names by old ones, in lower case. */
  readonly #names = new Map<string, string>();

  /** @param from,to such as `octo/hello`. */
  add(from: string, to: string): void {
    this.#names.set(from.toLowerCase(), to);
  }

  clear(): void {
    this.#names.clear();
  }

  /** The path with the present name in place of a number. */
  presentPath(path: string): string {
    const [, id, rest = ""] = /^\/repositories\/(\d+)(\/.*)?$/.exec(path) ?? [];
    const name = [...this.#names.values()].find((present) => String(repositoryId(present)) === id);
    return name === undefined ? path : `/repos/${name}${rest}`;
  }

  /** The redirect for an old name; undefined for other paths. */
  redirect({ method, path, query, apiURL }: Moved): Answer | undefined {
    const [, from = "", rest = ""] = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(path) ?? [];
    const to = this.#names.get(decodeURIComponent(from).toLowerCase());
    if (to === undefined) return undefined;
    const location = `${apiURL}/repositories/${repositoryId(to)}${rest}`;
    const body = {
      message: method === "GET" ? "Moved Permanently" : "Temporary Redirect",
      url: location,
      documentation_url: "https://docs.github.com/rest",
    };
    const headers = { location: query.size > 0 ? `${location}?${query.toString()}` : location };
    return { status: method === "GET" ? 301 : 307, body, headers };
  }
}
