import { ConditionError } from "charm-kit";

/** Path of the REST API on a GitHub Enterprise Server. */
export const ENTERPRISE_API_PATH = "/api/v3";

/** The option is not the address of a GitHub. */
export class GithubUrlError extends ConditionError {
  readonly code = "github-url";
  readonly remedy = "person";

  constructor(fault: string) {
    super(`Cannot use the GitHub URL: ${fault}; use an address such as 'https://github.com'`);
  }
}

/**
 * Address of the REST API: `api.` before the host for github.com and for hosts with data residency (`*.ghe.com`),
 * `/api/v3` on the host of a GitHub Enterprise Server. Scheme, port and path are kept.
 *
 * @param githubUrl address of the web site, such as `https://github.com`.
 * @returns the address without a slash at its end.
 * @throws {@link GithubUrlError} when it is no HTTP address, or contains credentials, a query or a fragment.
 */
export function apiBaseUrl(githubUrl: string): string {
  const url = parse(githubUrl);
  const host = url.hostname;
  if (host === "github.com" || host === "www.github.com")
    return `${url.protocol}//api.github.com${port(url)}`;
  if (host.endsWith(".ghe.com")) {
    return `${url.protocol}//${host.startsWith("api.") ? host : `api.${host}`}${port(url)}`;
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}${ENTERPRISE_API_PATH}`;
}

function parse(text: string): URL {
  const url = URL.parse(text.trim());
  if (url?.protocol !== "https:" && url?.protocol !== "http:")
    throw new GithubUrlError("it is not an http or https URL");
  // The message does not repeat these parts: they often contain tokens.
  if (url.username !== "" || url.password !== "")
    throw new GithubUrlError("it contains a user name or a password");
  if (url.search !== "" || url.hash !== "") throw new GithubUrlError("it contains a query or a fragment");
  return url;
}

function port(url: URL): string {
  return url.port === "" ? "" : `:${url.port}`;
}
