import type { Clock } from "charm-kit";
import type {
  Arch,
  DeregisterOutcome,
  Forge,
  Registration,
  RunnerApplication,
  RunnerRegistration,
} from "../runners/ports.ts";

/** A GitHub has not answered. */
export interface Silence {
  /** Failed attempts since the last answer; 1 or more. */
  readonly failures: number;
  /** When it is asked again, in milliseconds since the Unix epoch. */
  readonly nextTryAt: number;
}

/** Pause after the first failure; doubled with each further one, up to the longest. */
const PAUSE_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 6 * 60 * 60_000;

/** The silence after one more failed attempt. Pure. */
export function silenceAfter(before: Silence | undefined, now: number): Silence {
  const failures = (before?.failures ?? 0) + 1;
  return { failures, nextTryAt: now + Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** (failures - 1)) };
}

/** Whether a GitHub is not asked now. A longer pause than the longest comes from a clock that was set back. Pure. */
export function isPaused({ nextTryAt }: Silence, now: number): boolean {
  return now < nextTryAt && nextTryAt - now <= LONGEST_PAUSE_MS;
}

/** A former GitHub is not asked, because it did not answer a short time ago. */
export class StillSilentError extends Error {
  override readonly name = "StillSilentError";

  constructor({ nextTryAt }: Silence) {
    super(`it has not answered, and is asked again after ${new Date(nextTryAt).toISOString()}`);
  }
}

export interface PatientForgeOptions {
  readonly forge: Forge;
  readonly clock: Clock;
  /** Of an earlier process. */
  readonly silence: Silence | undefined;
  /** Whether an error is the answer of a GitHub that refuses the credentials. */
  readonly isRefusal: (thrown: unknown) => boolean;
  /** Stores the silence for later processes; undefined after an answer. */
  readonly remember: (silence: Silence | undefined) => Promise<void>;
}

/** A client for a former scope: its GitHub may be gone for good, and would slow down each reconcile. */
export class PatientForge implements Forge {
  readonly #options: PatientForgeOptions;
  #silence: Silence | undefined;

  constructor(options: PatientForgeOptions) {
    this.#options = options;
    this.#silence = options.silence;
  }

  /** @throws {@link StillSilentError} during a pause, and the errors of the client. */
  async list(signal: AbortSignal): Promise<readonly Registration[]> {
    const { clock, forge, isRefusal } = this.#options;
    if (this.#silence && isPaused(this.#silence, clock.now())) throw new StillSilentError(this.#silence);
    try {
      const registrations = await forge.list(signal);
      await this.#remember(undefined);
      return registrations;
    } catch (thrown) {
      signal.throwIfAborted();
      await this.#remember(isRefusal(thrown) ? undefined : silenceAfter(this.#silence, clock.now()));
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

  async #remember(silence: Silence | undefined): Promise<void> {
    if (silence === this.#silence) return;
    this.#silence = silence;
    await this.#options.remember(silence);
  }
}
