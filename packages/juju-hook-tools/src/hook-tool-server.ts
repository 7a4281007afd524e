import { open, rm, type FileHandle } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { basename, dirname, isAbsolute } from "node:path";

import { messageOf } from "charm-kit";
import { callTool, type HookTool } from "./hook-tool.ts";
import { ToolError } from "./tool-error.ts";
import { decodeRequest, encodeAnswer, type WireAnswer, type WireRequest } from "./hook-tool-wire.ts";

/** The context that a {@link HookToolServer} serves. */
export interface ServedContext<Context> {
  /** Value of `JUJU_CONTEXT_ID`. */
  readonly id: string;
  readonly tools: ReadonlyMap<string, HookTool<Context>>;
  /** Passed to every tool. */
  readonly context: Context;
}

/**
 * Serves the hook tools of one context on the unit's socket, one call after the other.
 *
 * Close it when the context ends: a later call then fails, either to connect or because another context is served.
 */
export class HookToolServer<Context> {
  readonly #path: string;
  readonly #served: ServedContext<Context>;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #directory: FileHandle | undefined;
  #calls: Promise<void> = Promise.resolve();

  /** @param path of the socket, which {@link listen} creates; its directory must exist. */
  constructor(path: string, served: ServedContext<Context>) {
    this.#path = path;
    this.#served = served;
    this.#server = createServer((socket) => {
      this.#serve(socket);
    });
  }

  async listen(): Promise<void> {
    await rm(this.#path, { force: true });
    // The kernel allows 107 bytes for a socket path: an open directory makes a long path short.
    this.#directory = await open(dirname(this.#path));
    const path = `/proc/self/fd/${this.#directory.fd}/${basename(this.#path)}`;
    await new Promise<void>((resolve, reject) => {
      // Also told later, of a connection that cannot be accepted.
      this.#server.on("error", reject);
      this.#server.listen({ path }, resolve);
    });
  }

  /** Waits for the current call and refuses all others. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    await this.#calls;
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await this.#directory?.close();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => undefined);
    const chunks: Buffer[] = [];
    let taken = false;
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (taken) return;
      const request = readRequest(Buffer.concat(chunks));
      if (request === undefined) return;
      taken = true;
      this.#calls = this.#calls.then(async () => {
        socket.end(encodeAnswer(await this.#answer(request)));
      });
    });
  }

  async #answer(request: WireRequest | ToolError): Promise<WireAnswer> {
    try {
      if (request instanceof ToolError) throw request;
      const { stdout = "", stderr = "" } = await this.#call(request);
      return { exitCode: 0, stdout, stderr };
    } catch (thrown) {
      const exitCode = thrown instanceof ToolError ? thrown.exitCode : 1;
      return { exitCode, stdout: "", stderr: `ERROR ${messageOf(thrown)}\n` };
    }
  }

  #call({ contextId, directory, tool: name, stdin, argv }: WireRequest) {
    const { id, tools, context } = this.#served;
    if (contextId !== id) {
      throw badRequest(`expected context id ${JSON.stringify(id)}, got ${JSON.stringify(contextId)}`);
    }
    if (!isAbsolute(directory)) throw badRequest("Dir is not absolute");
    const tool = tools.get(name);
    if (!tool) throw badRequest(`unknown command ${JSON.stringify(name)}`);
    return callTool(tool, argv, { context, directory, stdin });
  }
}

function readRequest(received: Buffer): WireRequest | ToolError | undefined {
  try {
    return decodeRequest(received);
  } catch (cause) {
    return badRequest(messageOf(cause));
  }
}

function badRequest(detail: string): ToolError {
  return new ToolError(`bad request: ${detail}`);
}
