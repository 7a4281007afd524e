import type { Server, Socket } from "node:net";

// The module is imported late: most dispatches take no lock, and it costs each more than a millisecond.

/**
 * A lock between processes that a killed one cannot leave behind: an abstract unix socket, which the kernel frees when
 * its process ends, however it ends. Those who wait connect to it and take the end of the connection for the end of
 * the lock. Abstract names belong to a network namespace, so all who share a lock must run in the same one.
 */
export class ProcessLock {
  readonly #name: string;

  /** @param name what is locked; at most 100 characters. */
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
   * @throws the signal's reason when it is aborted while waiting, and whatever the work throws.
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const release = await this.acquire(signal);
    try {
      return await work();
    } finally {
      await release();
    }
  }

  /**
   * Waits for the lock.
   *
   * @returns what gives it up again.
   * @throws the signal's reason when it is aborted first.
   */
  async acquire(signal: AbortSignal): Promise<() => Promise<void>> {
    for (;;) {
      signal.throwIfAborted();
      const release = await tryBind(this.#name);
      if (release) return release;
      await waitForRelease(this.#name, signal);
    }
  }
}

async function tryBind(path: string): Promise<(() => Promise<void>) | undefined> {
  const { createServer } = await import("node:net");
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => waiting.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
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

/** A connection to the holder, or nothing when nobody holds the lock. */
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
    socket.once("close", () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
  });
}
