import { OutputLimitError } from "./errors.ts";
import type { OutputSink } from "./output-sink.ts";

/** An output stream that is read while the command runs. What is not read yet is kept, up to a bound. */
export class ChunkQueue implements OutputSink, AsyncIterable<Uint8Array> {
  readonly #action: string;
  readonly #limitBytes: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #failure: Error | undefined;
  #isEnded = false;
  #wake: (() => void) | undefined;

  /** @param limitBytes most bytes that wait to be read. */
  constructor(action: string, limitBytes: number) {
    this.#action = action;
    this.#limitBytes = limitBytes;
  }

  push(chunk: Uint8Array): void {
    if (this.#isEnded) return;
    if (this.#bytes + chunk.byteLength > this.#limitBytes) {
      throw new OutputLimitError(this.#action, this.#limitBytes);
    }
    this.#bytes += chunk.byteLength;
    this.#chunks.push(chunk);
    this.#wake?.();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.end();
  }

  /** Chunks as they arrive, for one reader. Who leaves early gets no more, and nothing is kept for it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    try {
      for (;;) {
        const chunks = this.#chunks;
        this.#chunks = [];
        for (const chunk of chunks) {
          this.#bytes -= chunk.byteLength;
          yield chunk;
        }
        if (this.#chunks.length > 0) continue;
        if (this.#failure) throw this.#failure;
        if (this.#isEnded) return;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#isEnded = true;
      this.#chunks = [];
    }
  }
}
