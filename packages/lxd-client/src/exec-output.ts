import { OutputLimitError } from "./errors.ts";

/** Takes one output stream of a command. */
export interface OutputSink {
  /** @throws when it takes no more; the command is killed then. */
  push(chunk: Uint8Array): void;
  /** Whether the source should wait for {@link OutputSink.room} before it pushes more. */
  readonly isFull: boolean;
  /** Resolves when more may come. */
  room(): Promise<void>;
  /** No more comes. */
  end(): void;
  /** No more comes, because something failed. */
  fail(error: Error): void;
}

/** What becomes of output beyond the bound: the command is killed, or only the end of its output is kept. */
export type Overflow = "fail" | "keep-end";

/** Keeps an output stream in memory, up to a bound. */
export class OutputCollector implements OutputSink {
  readonly #action: string;
  readonly #limitBytes: number;
  readonly #overflow: Overflow;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(action: string, limitBytes: number, overflow: Overflow) {
    this.#action = action;
    this.#limitBytes = limitBytes;
    this.#overflow = overflow;
  }

  /** Never: what is beyond the bound is not kept. */
  readonly isFull = false;

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes <= this.#limitBytes) return;
    if (this.#overflow === "fail") throw new OutputLimitError(this.#action, this.#limitBytes);
    // Joined at twice the bound only, so that much output is not copied at every chunk.
    if (this.#bytes > 2 * this.#limitBytes) this.#keepEnd();
  }

  room(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {
    if (this.#bytes > this.#limitBytes) this.#keepEnd();
  }

  fail(_error: Error): void {
    this.end();
  }

  /** What was collected, as UTF-8. */
  text(): string {
    return Buffer.concat(this.#chunks, this.#bytes).toString();
  }

  #keepEnd(): void {
    const end = Buffer.concat(this.#chunks, this.#bytes).subarray(-this.#limitBytes);
    this.#chunks = [end];
    this.#bytes = end.byteLength;
  }
}
