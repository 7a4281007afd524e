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

/** Sends each request once, by Octokit on undici. */
export function createOctokitTransport({ baseUrl, dispatcher, log }: OctokitTransportOptions): Transport {
  const octokit = new Octokit({
    baseUrl,
    userAgent: USER_AGENT,
    request: { fetch: boundedFetch(dispatcher, LIMITS) },
    log: octokitLog(log),
  });
  return ({ route, parameters, headers }, signal) =>
    withSystemCertificates(() =>
      octokit.request(route, {
        ...parameters,
        headers: { "x-github-api-version": API_VERSION, ...headers },
        request: { signal },
      }),
    );
}

function octokitLog(log: Logger) {
  const debug = (message: string) => {
    log.debug("GitHub request", { outcome: message });
  };
  return {
    // Here Octokit logs whole requests with their headers.
    debug: () => undefined,
    info: debug,
    error: debug,
    warn: (message: string) => {
      log.warning("GitHub client", { detail: message });
    },
  };
}
