/** Lets others wait until the state is as they want it, without asking again and again. */
export class Changes {
  readonly #probes = new Set<() => void>();

  /** Says that the state has changed: whoever waits looks again. */
  announce(): void {
    for (const probe of [...this.#probes]) probe();
  }

  /**
   * Resolves with what `probe` finds, as soon as it finds something.
   *
   * @throws what `probe` throws, or the signal's reason, as soon as it is aborted.
   */
  until<T>(probe: () => T | undefined, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const leave = () => {
        this.#probes.delete(check);
        signal.removeEventListener("abort", onAbort);
      };
      const onAbort = () => {
        leave();
        reject(signal.reason as Error);
      };
      // What a probe throws is for the one who waits, not for the one who made the change.
      const check = () => {
        try {
          const found = probe();
          if (found === undefined) return;
          leave();
          resolve(found);
        } catch (thrown) {
          leave();
          reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
        }
      };
      this.#probes.add(check);
      signal.addEventListener("abort", onAbort, { once: true });
      check();
    });
  }
}
