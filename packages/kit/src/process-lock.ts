import type { Server, Socket } from "node:net";

// Imported lazily below: most dispatches take no lock, and the module costs more than a millisecond.

/**
 * A lock between processes, for Linux. The kernel releases it when its process ends, even when the process is killed.
 *
 * The lock is an abstract Unix socket. Waiting processes connect to it; the end of the connection means that the lock
 * is released. Abstract names belong to a network namespace: all processes that share a lock must run in the same one.
 */
export class ProcessLock {
  readonly #name: string;

  /** @param name identifies the lock on this machine; at most 100 characters. */
  constructor(name: string) {
    this.#name = `\0${name}`;
  }

  /** Whether any process holds the lock at this moment. */
  async isHeld(): Promise<boolean> {
    const socket = await dial(this.#name);
    socket?.destroy();
    return socket !== undefined;
  }

  /**
   * Runs the work while holding the lock.
   *
   * @param work gets a signal that is aborted once another caller waits for the lock.
   * @throws the signal's reason when the wait is aborted; the work's error.
   */
  async run<T>(work: (wanted: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const wanted = new AbortController();
    const release = await this.acquire(signal, () => {
      wanted.abort();
    });
    try {
      return await work(wanted.signal);
    } finally {
      await release();
    }
  }

  /**
   * Waits for the lock.
   *
   * @param onWanted called for each other caller that waits while the lock is held.
   * @returns a function that releases the lock.
   * @throws the signal's reason when the wait is aborted.
   */
  async acquire(signal: AbortSignal, onWanted: () => void = () => undefined): Promise<() => Promise<void>> {
    for (;;) {
      signal.throwIfAborted();
      const release = await tryBind(this.#name, onWanted);
      if (release) return release;
      await waitForRelease(this.#name, signal);
    }
  }
}

async function tryBind(path: string, onWanted: () => void): Promise<(() => Promise<void>) | undefined> {
  const { createServer } = await import("node:net");
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => waiting.delete(socket));
    // Who only looks whether the lock is held sends nothing.
    socket.once("data", onWanted);
  });
  return new Promise((resolve, reject) => {
    // Also told later, of a connection that cannot be accepted.
    server.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen({ path }, () => {
      resolve(() => close(server, waiting));
    });
  });
}

function close(server: Server, waiting: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    for (const socket of waiting) socket.destroy();
  });
}

/** Connects to the holder; undefined when the lock is free. */
async function dial(path: string): Promise<Socket | undefined> {
  const { connect } = await import("node:net");
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      resolve(socket);
    });
    socket.once("error", () => {
      resolve(undefined);
    });
  });
}

async function waitForRelease(path: string, signal: AbortSignal): Promise<void> {
  const socket = await dial(path);
  if (socket === undefined) return;
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      socket.destroy();
      reject(signal.reason as Error);
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    socket.on("error", () => undefined);
    socket.resume();
    socket.write("waiting");
    socket.once("close", () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
  });
}
