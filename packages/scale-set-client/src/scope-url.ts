import { ScaleSetUrlError } from "./errors.ts";

/** Where scale sets are: an organization, a repository or an enterprise, and how GitHub's API reaches it. */
export interface ScopeUrl {
  /** As GitHub is told it. */
  readonly url: string;
  /** Base of GitHub's REST API, without a slash at its end. */
  readonly apiUrl: string;
  /** Path of the scope in the REST API, such as `/orgs/octo`. */
  readonly path: string;
}

/**
 * Reads the address of an organization, a repository or an enterprise. Hosts of github.com and `*.ghe.com` have their API
 * at `api.`; any other host is a GitHub Enterprise Server, with its API below `/api/v3`.
 *
 * @throws {@link ScaleSetUrlError}.
 */
export function parseScopeUrl(text: string): ScopeUrl {
  const url = URL.parse(text.replace(/\/+$/, ""));
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.username !== "")
    throw new ScaleSetUrlError(withoutUser(text));
  const parts = url.pathname.split("/").filter((part) => part !== "");
  return {
    url: `${url.origin}/${parts.join("/")}`,
    apiUrl: apiUrlOf(url),
    path: pathOf(parts, text),
  };
}

function pathOf(parts: readonly string[], text: string): string {
  const [first, second, ...rest] = parts;
  if (first === undefined || rest.length > 0) throw new ScaleSetUrlError(text);
  if (first.toLowerCase() === "enterprises" && second !== undefined) return `/enterprises/${second}`;
  return second === undefined ? `/orgs/${first}` : `/repos/${first}/${second}`;
}

function apiUrlOf({ protocol, host, origin }: URL): string {
  const name = host.toLowerCase();
  if (name === "www.github.com") return `${protocol}//api.github.com`;
  const isHosted = name === "github.com" || name === "github.localhost" || name.endsWith(".ghe.com");
  return isHosted ? `${protocol}//api.${host}` : `${origin}/api/v3`;
}

/** An address may hold a password. */
function withoutUser(text: string): string {
  return text.replace(/\/\/[^/@]*@/, "//");
}
