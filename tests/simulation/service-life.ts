import type { Clock } from "charm-kit";
import type { Lock } from "../../src/runners/runner-manager.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** One process of a unit's service. A killed one hears no answer any more, and no time passes for it. */
export class ServiceLife {
  readonly #time: VirtualTime;
  readonly #death = Promise.withResolvers<undefined>();
  readonly #end = new AbortController();
  #isKilled = false;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** Resolves when it is killed. */
  get death(): Promise<undefined> {
    return this.#death.promise;
  }

  /** Aborted when it is stopped. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  kill(): void {
    this.#isKilled = true;
    this.#death.resolve(undefined);
    // Frees what waits; nothing comes of it.
    this.stop();
  }

  stop(): void {
    this.#end.abort(new Error("The service ends."));
  }

  /** Something that takes time, and then has an effect on the world. */
  async call<T>(ms: number, signal: AbortSignal, effect: () => T): Promise<T> {
    if (!this.#isKilled) await this.#time.wait(ms, signal).catch(this.#unlessKilled);
    if (this.#isKilled) return never();
    return effect();
  }

  get clock(): Clock {
    return {
      now: () => this.#time.now,
      wait: async (delayMs, signal) => {
        await this.#time.wait(delayMs, signal).catch(this.#unlessKilled);
        if (this.#isKilled) await never();
      },
    };
  }

  readonly #unlessKilled = (thrown: unknown): undefined => {
    if (!this.#isKilled) throw thrown;
    return undefined;
  };
}

/** The lock of a unit, which a killed process holds no longer. */
export class UnitLock {
  #last: Promise<unknown> = Promise.resolve();
  /** Of the one that came last. */
  #wanted = new AbortController();

  for(life: ServiceLife): Lock {
    return {
      run: (work, signal) => {
        const wanted = new AbortController();
        this.#wanted.abort();
        this.#wanted = wanted;
        const turn = this.#last.then(() => {
          if (life.isKilled) return never();
          signal.throwIfAborted();
          return work(wanted.signal);
        });
        this.#last = Promise.race([turn.catch(() => undefined), life.death]);
        return turn;
      },
    };
  }
}

export function never(): Promise<never> {
  return new Promise(() => undefined);
}
