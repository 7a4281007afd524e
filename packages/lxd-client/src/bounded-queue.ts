/** How much of a queue's bound an item takes, and what is thrown beyond the bound. */
export interface QueueBound<T> {
  readonly limit: number;
  readonly weigh: (item: T) => number;
  readonly overflow: () => Error;
}

/** Items on their way from a source that does not wait to one reader. What is not read yet is kept, up to a bound. */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #bound: QueueBound<T>;
  #items: T[] = [];
  #weight = 0;
  #failure: Error | undefined;
  #isEnded = false;
  #wake: (() => void) | undefined;

  constructor(bound: QueueBound<T>) {
    this.#bound = bound;
  }

  /** @throws the bound's error when the reader is too far behind. */
  push(item: T): void {
    if (this.#isEnded) return;
    const weight = this.#weight + this.#bound.weigh(item);
    if (weight > this.#bound.limit) throw this.#bound.overflow();
    this.#weight = weight;
    this.#items.push(item);
    this.#wake?.();
  }

  /** No more comes. */
  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  /** No more comes: the reader gets what is there, then the error. */
  fail(error: Error): void {
    if (!this.#isEnded) this.#failure = error;
    this.end();
  }

  /** Items as they arrive. A reader that leaves early gets no more, and nothing is kept for it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    try {
      for (;;) {
        yield* this.#take();
        if (this.#items.length > 0) continue;
        if (this.#failure) throw this.#failure;
        if (this.#isEnded) return;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#isEnded = true;
      this.#items = [];
    }
  }

  *#take(): Generator<T, void> {
    const items = this.#items;
    this.#items = [];
    for (const item of items) {
      this.#weight -= this.#bound.weigh(item);
      yield item;
    }
  }
}
