import { withDeadline, type Clock, type Secret } from "charm-kit";
import { ENTERPRISE_API_PATH } from "./api-base-url.ts";
import { GithubError, UnavailableError } from "./errors.ts";
import { githubPathText, type GithubPath } from "./path.ts";
import { REPOSITORY_PREFIX, scopeOf, type Scope } from "./scope.ts";
import type { TokenBucket } from "./token-bucket.ts";
import { toGithubError } from "./translate-error.ts";
import type { Transport, TransportAnswer } from "./transport.ts";

/**
 * Source of the token for a request. A personal access token never changes; a GitHub App renews its tokens, which are
 * valid for an hour.
 */
export interface TokenSource {
  token(signal: AbortSignal): Promise<Secret>;
  /** The token for one more attempt after GitHub has refused one. @default no other attempt */
  renew?(refused: Secret, signal: AbortSignal): Promise<Secret>;
}

/** One request in the scope of the path. */
export interface ApiCall {
  /** The action, for the message "Cannot <action>". */
  readonly action: string;
  readonly method: "GET" | "POST" | "DELETE";
  /** Route after the scope's prefix, such as `/actions/runners/{runner_id}`. */
  readonly route: string;
  /** Sent to this repository instead of the scope of the path. */
  readonly repository?: { readonly owner: string; readonly repo: string };
  /** Values of the template, of the query and of the body. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer of 2xx, or of 304 to a conditional request. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Not validated. */
  readonly body: unknown;
  readonly requestId: string | undefined;
  /** Whether the answer is a page with a next one. */
  readonly hasNext: boolean;
}

export interface GithubApiDependencies {
  readonly transport: Transport;
  readonly tokens: TokenSource;
  readonly path: GithubPath;
  /** The needed permissions, for the message "The token needs ...". @default those of the path's runners */
  readonly permission?: string | undefined;
  /** Address of the API, without a slash at its end. */
  readonly baseUrl: string;
  readonly writes: TokenBucket;
  readonly clock: Clock;
  /** Deadline of a call with its retries and pauses, in milliseconds. */
  readonly deadlineMs: number;
}

/** Sends requests for the runners of one path, with a token, a deadline and typed errors. */
export class GithubApi {
  readonly scope: Scope;
  readonly path: string;
  readonly baseUrl: string;
  readonly #dependencies: GithubApiDependencies;

  constructor(dependencies: GithubApiDependencies) {
    this.#dependencies = dependencies;
    this.scope = scopeOf(dependencies.path);
    this.path = githubPathText(dependencies.path);
    this.baseUrl = dependencies.baseUrl;
  }

  /** Whether the API is that of a GitHub Enterprise Server, which may be of any age. */
  get isEnterpriseServer(): boolean {
    return this.baseUrl.endsWith(ENTERPRISE_API_PATH);
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @throws a {@link GithubError}, or the signal's reason when it is aborted.
   */
  async send(call: ApiCall, signal: AbortSignal): Promise<ApiAnswer> {
    signal.throwIfAborted();
    let token: Secret | undefined;
    try {
      return await withDeadline(call.action, this.#dependencies.deadlineMs, signal, async (limited) => {
        token = await this.#dependencies.tokens.token(limited);
        if (call.method !== "GET") await this.#dependencies.writes.take(limited);
        const sent = this.#request(call, token, limited);
        const { tokens } = this.#dependencies;
        if (!tokens.renew) return await sent;
        const answer = await sent.catch(unauthorised);
        if (answer) return answer;
        // GitHub has not executed the refused request.
        token = await tokens.renew(token, limited);
        return await this.#request(call, token, limited);
      });
    } catch (thrown) {
      signal.throwIfAborted();
      throw this.#translate(thrown, call.action, token);
    }
  }

  /** The error for an unexpected body. */
  garbage(action: string, { status, requestId }: ApiAnswer): UnavailableError {
    return new UnavailableError(action, "the body of GitHub's answer does not match its API", {
      status,
      requestId,
    });
  }

  async #request(call: ApiCall, token: Secret, signal: AbortSignal): Promise<ApiAnswer> {
    const prefix = call.repository ? REPOSITORY_PREFIX : this.scope.prefix;
    const sent = this.#dependencies.transport(
      {
        route: `${call.method} ${prefix}${call.route}`,
        parameters: { ...(call.repository ?? this.scope.parameters), ...call.parameters },
        headers: { ...call.headers, authorization: `Bearer ${token.reveal()}` },
        // The caller of a POST handles a lost answer.
        isRepeatable: call.method !== "POST",
      },
      signal,
    );
    const { status, headers, data } = await sent.catch(notModified);
    const requestId = headers["x-github-request-id"];
    return {
      status,
      headers,
      body: data,
      requestId: typeof requestId === "string" ? requestId : undefined,
      hasNext: typeof headers["link"] === "string" && /;\s*rel="?next"?/.test(headers["link"]),
    };
  }

  #translate(thrown: unknown, action: string, token: Secret | undefined): GithubError {
    if (thrown instanceof GithubError) return thrown;
    return toGithubError(thrown, {
      action,
      path: this.path,
      permission: this.#dependencies.permission ?? this.scope.permission,
      now: this.#dependencies.clock.now(),
      scrub: (text) => (token ? text.replaceAll(token.reveal(), "[redacted]") : text),
    });
  }
}

/** Octokit throws a 304, which is a good answer to a conditional request. */
function notModified(thrown: unknown): TransportAnswer {
  const { status, response } = Object(thrown) as {
    status?: unknown;
    response?: { headers: Record<string, unknown> };
  };
  if (status === 304 && response) return { status, headers: response.headers, data: undefined };
  throw thrown;
}

/** Converts a 401 to undefined. */
function unauthorised(thrown: unknown): undefined {
  if ((Object(thrown) as { status?: unknown }).status !== 401) throw thrown;
}
