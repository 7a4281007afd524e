import { never } from "../test-replanning.ts";

/** Reasons to plan again, which come at certain calls of a process. */
export class Reasons {
  readonly #at: Set<number>;
  #isDue = false;
  #wake: () => void = () => undefined;

  constructor(calls: readonly number[] = []) {
    this.#at = new Set(calls);
  }

  called(call: number): void {
    if (!this.#at.delete(call)) return;
    this.#isDue = true;
    this.#wake();
  }

  /** Waits for the next one; one that came before counts. */
  async next(signal: AbortSignal): Promise<void> {
    if (!this.#isDue)
      await Promise.race([new Promise<void>((resolve) => (this.#wake = resolve)), never(signal)]);
    this.#isDue = false;
  }
}
