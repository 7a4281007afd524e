import type { Clock } from "charm-kit";
import { isPaused, pauseAfter, type RetryPause } from "../network/retry-pause.ts";
import type {
  Arch,
  DeregisterOutcome,
  Forge,
  Registration,
  RunnerApplication,
  RunnerRegistration,
} from "../runners/ports.ts";

/** Pauses of a GitHub that has not answered. */
export const SILENCE = { firstMs: 10 * 60_000, longestMs: 6 * 60 * 60_000 } as const;

/** A former GitHub is not asked, because it did not answer a short time ago. */
export class StillSilentError extends Error {
  override readonly name = "StillSilentError";

  constructor({ nextTryAt }: RetryPause) {
    super(`it has not answered, and is asked again after ${new Date(nextTryAt).toISOString()}`);
  }
}

export interface PatientForgeOptions {
  readonly forge: Forge;
  readonly clock: Clock;
  /** Of an earlier process. */
  readonly silence: RetryPause | undefined;
  /** Whether an error is the answer of a GitHub that refuses the credentials. */
  readonly isRefusal: (thrown: unknown) => boolean;
  /** Stores the silence for later processes; undefined after an answer. */
  readonly remember: (silence: RetryPause | undefined) => Promise<void>;
}

/** A client for a former scope: its GitHub may be gone for good, and would slow down each reconcile. */
export class PatientForge implements Forge {
  readonly #options: PatientForgeOptions;
  #silence: RetryPause | undefined;

  constructor(options: PatientForgeOptions) {
    this.#options = options;
    this.#silence = options.silence;
  }

  /** @throws {@link StillSilentError} during a pause, and the errors of the client. */
  async list(signal: AbortSignal): Promise<readonly Registration[]> {
    const { clock, forge, isRefusal } = this.#options;
    if (this.#silence && isPaused(this.#silence, SILENCE, clock.now()))
      throw new StillSilentError(this.#silence);
    try {
      const registrations = await forge.list(signal);
      await this.#remember(undefined);
      return registrations;
    } catch (thrown) {
      signal.throwIfAborted();
      await this.#remember(isRefusal(thrown) ? undefined : pauseAfter(this.#silence, SILENCE, clock.now()));
      throw thrown;
    }
  }

  deregister(id: number, signal: AbortSignal): Promise<DeregisterOutcome> {
    return this.#options.forge.deregister(id, signal);
  }

  checkRegistration(signal: AbortSignal): Promise<void> {
    return this.#options.forge.checkRegistration(signal);
  }

  register(name: string, labels: readonly string[], signal: AbortSignal): Promise<RunnerRegistration> {
    return this.#options.forge.register(name, labels, signal);
  }

  application(arch: Arch, signal: AbortSignal): Promise<RunnerApplication> {
    return this.#options.forge.application(arch, signal);
  }

  async #remember(silence: RetryPause | undefined): Promise<void> {
    if (silence === this.#silence) return;
    this.#silence = silence;
    await this.#options.remember(silence);
  }
}
