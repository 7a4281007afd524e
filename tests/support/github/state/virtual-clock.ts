/** What a clock is asked to do later. */
interface Appointment {
  readonly at: number;
  readonly run: () => void;
  timer: NodeJS.Timeout;
}

/**
 * Real time plus what tests have skipped: a time-out of 24 hours fires as soon as the clock is advanced past it.
 * No appointment keeps the process alive.
 */
export class VirtualClock {
  #skippedMs = 0;
  readonly #appointments = new Set<Appointment>();

  /** Milliseconds since the Unix epoch, as the stand-in sees them. */
  now(): number {
    return Date.now() + this.#skippedMs;
  }

  /** The present as an ISO 8601 date-time, shifted by `offsetMs`. */
  iso(offsetMs = 0): string {
    return isoTime(this.now() + offsetMs);
  }

  /** Runs something once, `delayMs` from now. Returns what calls it off. */
  schedule(delayMs: number, run: () => void): () => void {
    const appointment: Appointment = { at: this.now() + delayMs, run, timer: idleTimer };
    this.#appointments.add(appointment);
    this.#arm(appointment);
    return () => {
      this.#drop(appointment);
    };
  }

  /** Skips time. What falls due runs at once, in the order of its time. */
  advance(byMs: number): void {
    this.#skippedMs += byMs;
    const ordered = [...this.#appointments].sort((one, other) => one.at - other.at);
    for (const appointment of ordered) {
      if (!this.#appointments.has(appointment)) continue;
      clearTimeout(appointment.timer);
      if (appointment.at <= this.now()) this.#keep(appointment);
      else this.#arm(appointment);
    }
  }

  /** Calls everything off. */
  close(): void {
    for (const appointment of this.#appointments) this.#drop(appointment);
  }

  #arm(appointment: Appointment): void {
    const delayMs = Math.min(Math.max(appointment.at - this.now(), 0), LONGEST_TIMER_MS);
    appointment.timer = setTimeout(() => {
      if (appointment.at <= this.now() + TIMER_JITTER_MS) this.#keep(appointment);
      else this.#arm(appointment);
    }, delayMs).unref();
  }

  #keep(appointment: Appointment): void {
    this.#drop(appointment);
    appointment.run();
  }

  #drop(appointment: Appointment): void {
    clearTimeout(appointment.timer);
    this.#appointments.delete(appointment);
  }
}

/** ISO 8601 with whole seconds, as GitHub writes its times. */
export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Longer ones overflow and fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Node.js may fire a timer a millisecond before its time. */
const TIMER_JITTER_MS = 2;
const idleTimer = setTimeout(() => undefined, 0).unref();
