import { failuresOf } from "./failure.ts";
import type { Round } from "./ports.ts";

/** How many jobs GitHub may assign to the unit at a time, as its last round has found it: none before the first one. */
export class JobRoom {
  #now: number;
  #changed = new AbortController();

  /** @param now @default 0 */
  constructor(now = 0) {
    this.#now = now;
  }

  get now(): number {
    return this.#now;
  }

  /** Aborted as soon as it is another number: what was announced no longer holds. */
  get changed(): AbortSignal {
    return this.#changed.signal;
  }

  set(now: number): void {
    if (now === this.#now) return;
    this.#now = now;
    const before = this.#changed;
    this.#changed = new AbortController();
    before.abort();
  }
}

/**
 * Most runners that the unit may have now: the usual number, and more only as far as the last round wanted some in place of
 * lost ones. Pure.
 *
 * @param room that of the last round, which may be one of earlier settings.
 * @param most the usual number, with all that may ever be in place of lost ones.
 */
export function capacityIn(room: number, usual: number, most: number): number {
  return Math.max(usual, Math.min(room, most));
}

/**
 * Number of jobs that the unit can serve after a round. Pure. Jobs that wait for a unit which cannot create their runners
 * could have runners of another unit: none before there is an image, and no more than the runners that are there while
 * none can be created. Jobs of former scale sets take room too.
 */
export function jobRoomAfter(round: Round): number {
  const { counts, created, formerJobs = 0, image, room = 0 } = round;
  if (image === "missing") return 0;
  const isStuck = created === 0 && failuresOf(round).some(({ concern }) => concern !== "removal");
  const most = isStuck ? Math.min(room, counts.names.length) : room;
  return Math.max(0, most - formerJobs);
}
