import { Agent, type Dispatcher } from "undici";
import { type Clock, ConditionError, messageOf, Secret, withDeadline } from "charm-kit";
import type { GuestPolicy } from "../guest/settings.ts";
import type { PolicyService } from "../runners/ports.ts";
import { withSystemCertificates } from "../network/system-certificates.ts";

/** The policy service returned no one-time token. */
export class PolicyServiceError extends ConditionError {
  readonly code = "policy-service";
  readonly remedy: "person" | "outside";
  /** The HTTP status; undefined without an answer. */
  readonly status: number | undefined;

  constructor(detail: string, status: number | undefined, options?: ErrorOptions) {
    super(`Cannot get a one-time token from the repository policy service: ${detail}`, options);
    this.status = status;
    // It understands the request and refuses it: no later attempt changes that.
    this.remedy =
      status !== undefined && status >= 300 && status < 500 && status !== 429 ? "person" : "outside";
  }
}

export interface ExternalPolicyOptions {
  /** Base URL of the service. */
  readonly url: string;
  /** The charm's own token for the service. */
  readonly token: Secret;
  readonly clock: Clock;
}

const TRIES = 3;
const MAY_PASS = [500, 502, 503, 504];
const FIRST_PAUSE_MS = 500;
/** Longest time for a token, all attempts together. */
const LIMIT_MS = 60_000;
/** Most bytes of an answer. */
const LONGEST_TOKEN = 4096;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The external policy service. It is contacted without a proxy. */
export class ExternalPolicy implements PolicyService {
  readonly url: string;
  readonly #options: ExternalPolicyOptions;

  constructor(options: ExternalPolicyOptions) {
    this.#options = options;
    this.url = options.url.replace(/\/+$/, "");
  }

  /** @throws as {@link ExternalPolicy.oneTimeToken}. */
  async access(signal: AbortSignal): Promise<GuestPolicy> {
    return { url: this.url, oneTimeToken: await this.oneTimeToken(signal) };
  }

  /**
   * Requests a one-time token for a runner. Tries three times when the server fails.
   *
   * @throws {@link PolicyServiceError}, or the signal's reason after an abort.
   */
  async oneTimeToken(signal: AbortSignal): Promise<Secret> {
    // A dispatcher of its own, since the global one may use a proxy.
    const agent = new Agent();
    try {
      return await withDeadline("get a one-time token", LIMIT_MS, signal, (limited) =>
        this.#insist(agent, limited),
      );
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof PolicyServiceError) throw thrown;
      throw new PolicyServiceError(messageOf(thrown), undefined, { cause: thrown });
    } finally {
      await agent.destroy();
    }
  }

  async #insist(agent: Dispatcher, signal: AbortSignal): Promise<Secret> {
    for (let attempt = 1; ; attempt += 1) {
      const { status, text } = await withSystemCertificates(() => this.#ask(agent, signal));
      if (status === 200) return tokenIn(text);
      if (!MAY_PASS.includes(status) || attempt === TRIES) throw refusal(status);
      await this.#options.clock.wait(FIRST_PAUSE_MS * 2 ** (attempt - 1), signal);
    }
  }

  async #ask(dispatcher: Dispatcher, signal: AbortSignal): Promise<Answer> {
    const authorization = `Bearer ${this.#options.token.reveal()}`;
    const { origin, pathname, search } = new URL(`${this.url}/one-time-token`);
    const { statusCode, body } = await dispatcher.request({
      origin,
      path: `${pathname}${search}`,
      method: "GET",
      signal,
      headers: { authorization },
    });
    let text = "";
    for await (const chunk of body) {
      text += String(chunk);
      // An answer of this size is not a token.
      if (text.length > LONGEST_TOKEN) throw new PolicyServiceError("its answer is not a token", statusCode);
    }
    return { status: statusCode, text: text.trim() };
  }
}

/** A valid token fits into a header of the runner's request. */
function tokenIn(text: string): Secret {
  if (!/^[\x21-\x7e]+$/.test(text)) throw new PolicyServiceError("its answer is not a token", 200);
  return new Secret(text);
}

function refusal(status: number): PolicyServiceError {
  const advice =
    status === 401 || status === 403
      ? "it refuses the charm; correct repo-policy-compliance-token"
      : status < 500
        ? "correct repo-policy-compliance-url"
        : "it fails; the next reconcile asks it again";
  return new PolicyServiceError(`HTTP status ${status}, ${advice}`, status);
}
