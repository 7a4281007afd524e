import { createHash } from "node:crypto";
import { mkdir, realpath } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A held lock. */
export interface HeldLock {
  release(): Promise<void>;
}

/**
 * One operation at a time in a state directory.
 *
 * The lock is an abstract unix socket named for the directory: the kernel frees it when its process ends, however it
 * ends. Those who wait connect to it and take the end of the connection for the end of the lock. Abstract names belong
 * to a network namespace, so all agents of a directory must run in the same one.
 */
export class OperationLock {
  readonly #name: string;

  private constructor(name: string) {
    this.#name = name;
  }

  static async of(stateDirectory: string): Promise<OperationLock> {
    await mkdir(stateDirectory, { recursive: true, mode: 0o755 });
    const digest = createHash("sha256")
      .update(await realpath(stateDirectory))
      .digest("hex");
    return new OperationLock(`\0github-runner-agent-${digest}`);
  }

  /** Whether any process holds the lock at this moment. */
  async isHeld(): Promise<boolean> {
    const socket = await dial(this.#name);
    socket?.destroy();
    return socket !== undefined;
  }

  /** Waits for the lock. @throws the signal's reason, when it is aborted first. */
  async acquire(signal: AbortSignal): Promise<HeldLock> {
    for (;;) {
      signal.throwIfAborted();
      const lock = await tryBind(this.#name);
      if (lock) return lock;
      await waitForRelease(this.#name, signal);
    }
  }
}

function tryBind(name: string): Promise<HeldLock | undefined> {
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
    server.listen({ path: name }, () => {
      resolve({ release: () => close(server, waiting) });
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
function dial(name: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path: name });
    socket.once("connect", () => {
      resolve(socket);
    });
    socket.once("error", () => {
      resolve(undefined);
    });
  });
}

async function waitForRelease(name: string, signal: AbortSignal): Promise<void> {
  const socket = await dial(name);
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
