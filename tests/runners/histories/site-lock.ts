import type { Lock } from "../../../src/runners/runner-manager.ts";

/** The lock that all processes of a unit share, in the order in which they come. A killed process holds it no longer. */
export class SiteLock {
  #last: Promise<unknown> = Promise.resolve();

  /** @param killed resolves when the process is killed. */
  for(killed: () => Promise<unknown>): Lock {
    return {
      run: (work, signal) => {
        const turn = this.#last.then(() => {
          signal.throwIfAborted();
          return work();
        });
        this.#last = Promise.race([turn.catch(() => undefined), killed()]);
        return turn;
      },
    };
  }
}
