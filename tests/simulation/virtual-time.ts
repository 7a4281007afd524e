import type { Clock } from "charm-kit";

interface Event {
  readonly at: number;
  /** Of two events at one instant, the earlier one happens first. */
  readonly order: number;
  act: (() => void) | undefined;
}

/**
 * Time that passes from event to event, as fast as their consequences can be worked out. All that waits for time has to wait
 * for this one: timers of the code under test, too.
 */
export class VirtualTime {
  readonly #heap: Event[] = [];
  #now: number;
  #sequence = 0;
  #happened = 0;

  /** @param beginsAt milliseconds since the Unix epoch. */
  constructor(beginsAt: number) {
    this.#now = beginsAt;
  }

  /** Milliseconds since the Unix epoch. */
  get now(): number {
    return this.#now;
  }

  /** Number of events so far. */
  get happened(): number {
    return this.#happened;
  }

  /** Acts after so many milliseconds. @returns what cancels it */
  after(ms: number, act: () => void): () => void {
    const event: Event = { at: this.#now + Math.max(0, ms), order: (this.#sequence += 1), act };
    this.#push(event);
    return () => (event.act = undefined);
  }

  /** Resolves after so many milliseconds. @throws the signal's reason. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const abort = () => {
        cancel();
        reject(signal.reason as Error);
      };
      const cancel = this.after(ms, () => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  get clock(): Clock {
    return { now: () => this.#now, wait: (delayMs, signal) => this.wait(delayMs, signal) };
  }

  /** Lets everything happen until an instant, that one included. */
  async run(until: number): Promise<void> {
    await settled();
    for (let next = this.#pop(until); next; next = this.#pop(until)) {
      this.#now = next.at;
      const { act } = next;
      if (act === undefined) continue;
      this.#happened += 1;
      act();
      await settled();
    }
    this.#now = until;
  }

  /** Makes the timers of the program those of this time. @returns what undoes it */
  install(): () => void {
    const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
    const later = (act: (...words: unknown[]) => void, ms = 0, ...words: unknown[]) => {
      const cancel = this.after(ms, () => {
        act(...words);
      });
      const timer = { cancel, unref: () => timer, ref: () => timer, hasRef: () => true };
      return timer;
    };
    globalThis.setTimeout = later as unknown as typeof globalThis.setTimeout;
    globalThis.clearTimeout = ((timer: { cancel?: () => void } | undefined) =>
      timer?.cancel?.()) as typeof globalThis.clearTimeout;
    return () => {
      Object.assign(globalThis, real);
    };
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, event)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(until: number): Event | undefined {
    const heap = this.#heap;
    const [first] = heap;
    if (first === undefined || first.at > until) return undefined;
    const last = heap.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    return first;
  }

  #sink(event: Event): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const child = right && left && isBefore(right, left) ? 2 * index + 2 : 2 * index + 1;
      const below = heap[child];
      if (below === undefined || isBefore(event, below)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = event;
  }
}

function isBefore(left: Event, right: Event): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}

/** Resolves when whatever follows without a further wait has followed. */
function settled(): Promise<unknown> {
  return new Promise(setImmediate);
}
