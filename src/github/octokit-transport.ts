import { Octokit } from "@octokit/rest";
import type { Dispatcher } from "undici";
import type { Logger } from "charm-kit";
import { withSystemCertificates } from "../network/system-certificates.ts";
import { boundedFetch, type AnswerLimits } from "./bounded-fetch.ts";
import type { Transport } from "./transport.ts";

export interface OctokitTransportOptions {
  readonly baseUrl: string;
  /** Route of the requests, such as a proxy. @default directly to the server */
  readonly dispatcher: Dispatcher | undefined;
  readonly log: Logger;
}

const USER_AGENT = "github-runner-charm";
const API_VERSION = "2022-11-28";

const MIB = 1024 * 1024;
/** The largest answer is a page of 100 jobs; with 50 steps each, it has about 1.5 MiB. */
const LIMITS: AnswerLimits = { wire: 8 * MIB, text: 16 * MIB };

/** Sends each request once, by Octokit on undici. Its methods by name are not used: the archive has no table of all routes. */
export function createOctokitTransport({ baseUrl, dispatcher, log }: OctokitTransportOptions): Transport {
  const octokit = new Octokit({
    baseUrl,
    userAgent: USER_AGENT,
    request: { fetch: boundedFetch(dispatcher, LIMITS) },
    log: octokitLog(log),
  });
  return async ({ route, parameters, headers }, signal) => {
    const startedAt = performance.now();
    const tell = (status: string | number, answered: Readonly<Record<string, unknown>> = {}): void => {
      const { "x-github-request-id": named } = answered;
      const id = typeof named === "string" ? named : undefined;
      const tookMs = Math.round(performance.now() - startedAt);
      log.debug("GitHub request", { route, status, id, tookMs });
    };
    try {
      const answer = await withSystemCertificates(() =>
        octokit.request(route, {
          ...parameters,
          headers: { "x-github-api-version": API_VERSION, ...headers },
          request: { signal },
        }),
      );
      tell(answer.status, answer.headers);
      return answer;
    } catch (thrown) {
      const { response } = Object(thrown) as {
        response?: { status: number; headers: Record<string, unknown> };
      };
      tell(response?.status ?? "no answer", response?.headers);
      throw thrown;
    }
  };
}

/** Octokit tells here of what GitHub will take away. Its other lines have whole requests with their headers. */
function octokitLog(log: Logger) {
  const ignore = () => undefined;
  return {
    debug: ignore,
    info: ignore,
    error: ignore,
    warn: (message: string) => {
      log.warning("GitHub client", { detail: message });
    },
  };
}
