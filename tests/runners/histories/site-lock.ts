import type { Lock } from "../../../src/runners/runner-manager.ts";

/** The lock that all processes of a unit share, in the order in which they come. A killed process holds it no longer. */
export class SiteLock {
  #last: Promise<unknown> = Promise.resolve();
  /** Of the one that came last. */
  #wanted = new AbortController();

  /** @param killed resolves when the process is killed. */
  for(killed: () => Promise<unknown>): Lock {
    return {
      run: (work, signal) => {
        const wanted = new AbortController();
        this.#wanted.abort();
        this.#wanted = wanted;
        const turn = this.#last.then(() => {
          signal.throwIfAborted();
          return work(wanted.signal);
        });
        this.#last = Promise.race([turn.catch(() => undefined), killed()]);
        return turn;
      },
    };
  }
}
