import type { UnitEvent } from "../metrics/event-spool.ts";

/** How long something was waited for. */
export interface Wait {
  /** When it ended, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** In seconds. */
  readonly value: number;
}

const MOST = 60;
/** Longer than GitHub keeps a job in its queue. */
const LONGEST_SECONDS = 7 * 24 * 3600;

/** The last waits of the unit, in memory. */
export class RecentWaits {
  readonly #jobs: Wait[] = [];
  readonly #starts: Wait[] = [];

  /** From queueing a job to its assignment; the oldest comes first. */
  get jobs(): readonly Wait[] {
    return [...this.#jobs];
  }

  /** From the decision to create a runner until it listened for jobs; the oldest comes first. */
  get starts(): readonly Wait[] {
    return [...this.#starts];
  }

  /** @param event its numbers may be anything. */
  add(event: UnitEvent): void {
    if (event.event === "runner_installed") keep(this.#starts, event.timestamp, event.duration);
    else if (event.event === "runner_start") keep(this.#jobs, event.timestamp, event.queue_duration);
  }
}

function keep(waits: Wait[], timestamp: number, seconds: number | undefined): void {
  const at = timestamp * 1000;
  const isPlausible =
    typeof seconds === "number" && seconds >= 0 && seconds <= LONGEST_SECONDS && at >= 0 && at <= 8.64e15;
  if (!isPlausible) return;
  waits.push({ at, value: seconds });
  if (waits.length > MOST) waits.shift();
}
