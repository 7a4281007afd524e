import { withDeadline } from "./deadline.ts";
import { ConditionError } from "./errors.ts";
import type { ProcessLock } from "./process-lock.ts";

/** Another process held the lock for the whole time limit. */
export class LockedError extends ConditionError {
  readonly code = "locked";
  readonly remedy = "retry";

  constructor(what: string, limitMs: number, options?: ErrorOptions) {
    super(
      `Cannot begin: ${what} has been at work for more than ${Math.round(limitMs / 60_000)} minutes; try again when it is done, or end its process`,
      options,
    );
  }
}

/** Options of {@link PatientLock}. */
export interface PatientLockOptions {
  /** Names the holder in messages, such as "another reconcile of this unit". */
  readonly holder: string;
  /** Time limit of the wait, in milliseconds. */
  readonly limitMs: number;
  /** Called once, before a wait. */
  readonly onWait: (message: string) => void;
}

/** A {@link ProcessLock} that reports a wait, and limits it. */
export class PatientLock {
  readonly #lock: ProcessLock;
  readonly #options: PatientLockOptions;

  constructor(lock: ProcessLock, options: PatientLockOptions) {
    this.#lock = lock;
    this.#options = options;
  }

  /**
   * Runs the work while holding the lock.
   *
   * @param work gets a signal that is aborted once another caller waits for the lock.
   * @throws {@link LockedError} when the lock is not released in time; the work's error.
   */
  async run<T>(work: (wanted: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { holder, limitMs, onWait } = this.#options;
    if (await this.#lock.isHeld()) onWait(`Waiting for ${holder} to end`);
    const wanted = new AbortController();
    const onWanted = () => {
      wanted.abort();
    };
    const release = await withDeadline("begin", limitMs, signal, (limited) =>
      this.#lock.acquire(limited, onWanted),
    ).catch((thrown: unknown) => {
      signal.throwIfAborted();
      throw new LockedError(holder, limitMs, { cause: thrown });
    });
    try {
      return await work(wanted.signal);
    } finally {
      await release();
    }
  }
}
