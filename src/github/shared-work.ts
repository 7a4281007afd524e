interface Share<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  callers: number;
}

/**
 * Work that is done once for all callers that wait for it at the same time. A caller whose signal is aborted stops
 * waiting; the work itself is aborted only when no caller waits any more.
 */
export class SharedWork<T> {
  #share: Share<T> | undefined;

  /**
   * Joins the work in progress, or starts it.
   *
   * @throws the error of the work, and the signal's reason as soon as it is aborted.
   */
  async run(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const share = (this.#share ??= this.#start(work));
    share.callers += 1;
    try {
      return await unlessAborted(share.result, signal);
    } finally {
      share.callers -= 1;
      if (share.callers === 0) this.#end(share, signal.reason);
    }
  }

  #start(work: (signal: AbortSignal) => Promise<T>): Share<T> {
    const controller = new AbortController();
    return { result: work(controller.signal), controller, callers: 0 };
  }

  #end(share: Share<T>, reason: unknown): void {
    if (this.#share === share) this.#share = undefined;
    // Without effect on work that has ended.
    share.controller.abort(reason);
  }
}

async function unlessAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([result, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
