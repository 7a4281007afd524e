import { withResolvers, type Resolvers } from "charm-kit";

/** How much of a queue's bound an item takes, and what becomes of a push beyond the bound. */
export interface QueueBound<T> {
  readonly limit: number;
  readonly weigh: (item: T) => number;
  /**
   * What such a push throws. @default nothing: the item is taken, and the source is expected to wait for
   * {@link BoundedQueue.room} while the queue is full
   */
  readonly overflow?: () => Error;
}

/** Items on their way from a source to one reader. What is not read yet is kept, up to a bound. */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #bound: QueueBound<T>;
  #items: T[] = [];
  #weight = 0;
  #failure: Error | undefined;
  #isEnded = false;
  #wake: (() => void) | undefined;
  #room: Resolvers<undefined> | undefined;

  constructor(bound: QueueBound<T>) {
    this.#bound = bound;
  }

  /** Whether what is kept has reached the bound. */
  get isFull(): boolean {
    return !this.#isEnded && this.#weight >= this.#bound.limit;
  }

  /** @throws the bound's error, where it has one, when the reader is too far behind. */
  push(item: T): void {
    if (this.#isEnded) return;
    const { limit, weigh, overflow } = this.#bound;
    const weight = this.#weight + weigh(item);
    if (overflow && weight > limit) throw overflow();
    this.#weight = weight;
    this.#items.push(item);
    this.#wake?.();
  }

  /** Resolves when the queue is not full: its reader has caught up, or left. */
  async room(): Promise<void> {
    if (!this.isFull) return;
    this.#room ??= withResolvers<undefined>();
    await this.#room.promise;
  }

  /** No more comes. */
  end(): void {
    this.#isEnded = true;
    this.#wake?.();
    this.#tellRoom();
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
      this.end();
      this.#items = [];
    }
  }

  *#take(): Generator<T, void> {
    const items = this.#items;
    this.#items = [];
    for (const item of items) {
      this.#weight -= this.#bound.weigh(item);
      this.#tellRoom();
      yield item;
    }
  }

  #tellRoom(): void {
    if (this.isFull) return;
    this.#room?.resolve(undefined);
    this.#room = undefined;
  }
}
