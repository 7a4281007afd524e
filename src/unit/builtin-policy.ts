import { type Clock, Secret, withDeadline } from "charm-kit";
import type { GuestPolicy } from "../guest/settings.ts";
import { PolicyServiceError } from "../policy/external-policy.ts";
import type { PolicyService } from "../runners/ports.ts";
import { askPolicyToken } from "./ask-service.ts";

/** The service may just be starting, or reading newer settings. */
const PATIENCE_MS = 20_000;
const PAUSE_MS = 250;

export interface BuiltinPolicyOptions {
  /** Absolute path of the runner service's socket. */
  readonly socket: string;
  readonly clock: Clock;
  /** Longest wait for a token, in milliseconds. @default 20000 */
  readonly patienceMs?: number;
}

/** The built-in policy check, which the unit's runner service does. */
export class BuiltinPolicy implements PolicyService {
  readonly #options: BuiltinPolicyOptions;

  constructor(options: BuiltinPolicyOptions) {
    this.#options = options;
  }

  /**
   * Gets a token from the runner service. A service that does not answer check requests issues none, so that no runner
   * is created whose job would be refused.
   *
   * @throws {@link PolicyServiceError}, or the signal's reason after an abort.
   */
  async access(signal: AbortSignal): Promise<GuestPolicy> {
    let fault = "the unit's runner service does not answer; update-status starts it again";
    try {
      const { patienceMs = PATIENCE_MS } = this.#options;
      return await withDeadline("get a one-time token", patienceMs, signal, async (limited) => {
        for (;;) {
          const answer = await askPolicyToken(this.#options.socket, limited);
          if (answer && "token" in answer) return { url: answer.url, oneTimeToken: new Secret(answer.token) };
          if (answer) ({ fault } = answer);
          await this.#options.clock.wait(PAUSE_MS, limited);
        }
      });
    } catch (thrown) {
      signal.throwIfAborted();
      throw new PolicyServiceError(fault, undefined, { cause: thrown });
    }
  }
}
