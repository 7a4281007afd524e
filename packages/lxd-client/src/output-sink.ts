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
