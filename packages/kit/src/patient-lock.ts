import { withDeadline } from "./deadline.ts";
import { ConditionError } from "./errors.ts";
import type { ProcessLock } from "./process-lock.ts";

/** Somebody else has held the lock for longer than anybody should wait. */
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

/** Whom to wait for, and how long. */
export interface PatientLockOptions {
  /** Who holds it when it is held, such as "another reconcile of this unit". */
  readonly holder: string;
  /** Most milliseconds to wait for it. */
  readonly limitMs: number;
  /** Told once where there is something to wait for. */
  readonly onWait: (message: string) => void;
}

/** A lock that says that it waits, and does not do so for ever. */
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
   * @throws {@link LockedError} when it does not come free in time; whatever the work throws.
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { holder, limitMs, onWait } = this.#options;
    if (await this.#lock.isHeld()) onWait(`Waiting for ${holder} to end`);
    const release = await withDeadline("begin", limitMs, signal, (limited) =>
      this.#lock.acquire(limited),
    ).catch((thrown: unknown) => {
      signal.throwIfAborted();
      throw new LockedError(holder, limitMs, { cause: thrown });
    });
    try {
      return await work();
    } finally {
      await release();
    }
  }
}
