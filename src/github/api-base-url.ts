import { ConditionError } from "charm-kit";

/** Path of the REST API on a GitHub Enterprise Server. */
export const ENTERPRISE_API_PATH = "/api/v3";

/** A text that is not the address of a GitHub. */
export class GithubUrlError extends ConditionError {
  readonly code = "github-url";
  readonly remedy = "retry";

  constructor(fault: string) {
    super(`Cannot use the GitHub URL: ${fault}; accepted is an address such as 'https://github.com'`);
  }
}

/**
 * Where the REST API of a GitHub is: `api.` before the host for github.com and for hosts with data residency
 * (`*.ghe.com`), `/api/v3` on the host of a GitHub Enterprise Server. The scheme, the port and a path stay.
 *
 * @param githubUrl address of the web site, such as `https://github.com`.
 * @returns the address without a slash at its end.
 * @throws {@link GithubUrlError} when it is no HTTP address, or holds credentials, a query or a fragment.
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
    throw new GithubUrlError("it is no http or https URL");
  // The text itself stays out of the message: these parts are where people put tokens.
  if (url.username !== "" || url.password !== "")
    throw new GithubUrlError("it holds a user name or a password");
  if (url.search !== "" || url.hash !== "") throw new GithubUrlError("it holds a query or a fragment");
  return url;
}

function port(url: URL): string {
  return url.port === "" ? "" : `:${url.port}`;
}
