import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { Octokit } from "@octokit/rest";
import { fetch as undiciFetch, type Dispatcher, type RequestInit } from "undici";
import type { Logger } from "charm-kit";
import type { Transport } from "./github-api.ts";

/** How requests leave. */
export interface OctokitTransportOptions {
  readonly baseUrl: string;
  /** Clients with the same ID share at most 10 requests at a time. */
  readonly throttleId: string;
  /** Sends requests by another way than straight to the server, such as a proxy. */
  readonly dispatcher: Dispatcher | undefined;
  /** Longest pause that GitHub may ask for and get within a call, in seconds; longer ones are the caller's to wait. */
  readonly patienceSeconds: number;
  /** Length of a second in waits of the plugins, in milliseconds; tests shorten it. */
  readonly secondMs: number;
  readonly log: Logger;
}

const USER_AGENT = "github-runner-charm";
const API_VERSION = "2022-11-28";

/** How often what may be asked twice is asked again. */
const RETRIES = 2;
/** 409 is no hiccup, and 429 belongs to the throttling plugin: both would retry it, eight requests in all. */
const DO_NOT_RETRY = [400, 401, 403, 404, 409, 410, 422, 429, 451];

type WriteLimit = NonNullable<Parameters<typeof throttling>[1]["throttle"]>["write"] & object;

const ThrottledOctokit = Octokit.plugin(throttling, retry);

/** Octokit with its plugins for retries and rate limits, on undici. */
export function createOctokitTransport(options: OctokitTransportOptions): Transport {
  const { baseUrl, throttleId, patienceSeconds, secondMs, log } = options;
  const isShort = (seconds: number, _request: unknown, _octokit: unknown, retries: number) =>
    seconds <= patienceSeconds && retries === 0;
  const octokit = new ThrottledOctokit({
    baseUrl,
    userAgent: USER_AGENT,
    request: { fetch: abortableFetch(options.dispatcher) },
    log: octokitLog(log),
    retry: { retries: RETRIES, doNotRetry: DO_NOT_RETRY, retryAfterBaseValue: secondMs },
    throttle: {
      id: throttleId,
      retryAfterBaseValue: secondMs,
      write: unlimited(),
      onRateLimit: isShort,
      onSecondaryRateLimit: isShort,
    },
  });
  return (route, { headers, ...parameters }) =>
    octokit.request(route, {
      ...parameters,
      headers: { "x-github-api-version": API_VERSION, ...(headers as Record<string, string>) },
    });
}

/**
 * Undici's fetch with the one error for an abort that Octokit neither wraps nor repeats. An abort with a reason of its
 * own would be taken for a network error, and be retried after the caller has gone.
 */
function abortableFetch(dispatcher: Dispatcher | undefined) {
  return async (url: string, init: RequestInit) => {
    try {
      return await undiciFetch(url, dispatcher ? { ...init, dispatcher } : init);
    } catch (thrown) {
      if (init.signal?.aborted !== true) throw thrown;
      throw Object.assign(new Error("The request was aborted", { cause: thrown }), { name: "AbortError" });
    }
  };
}

/**
 * Takes the plugin's limit on writes away: it lets one out a second, so that eight registrations take eight seconds,
 * and its queue does not listen to an abort. `TokenBucket` stands before Octokit instead.
 */
function unlimited(): WriteLimit {
  const schedule = <T>(_options: unknown, work: () => Promise<T>) => work();
  const group: unknown = { key: () => ({ schedule }) };
  return group as WriteLimit; // a group of Bottleneck's, of which the plugin uses this much
}

function octokitLog(log: Logger) {
  const debug = (message: string) => {
    log.debug("GitHub request", { outcome: message });
  };
  return {
    // Octokit hands whole requests over here, with their headers.
    debug: () => undefined,
    info: debug,
    error: debug,
    warn: (message: string) => {
      log.warning("GitHub client", { detail: message });
    },
  };
}
