import { existsSync } from "node:fs";
import { findSocket, LxdClient, nameFromURL, type EventStream } from "lxd-client";

/** Sees instances go. It has to be opened before one may go, since LXD repeats no event. */
export class InstanceWatch implements AsyncDisposable {
  readonly #client: LxdClient;
  readonly #stream: EventStream;

  private constructor(client: LxdClient, stream: EventStream) {
    this.#client = client;
    this.#stream = stream;
  }

  static async open(signal: AbortSignal): Promise<InstanceWatch> {
    const socket = findSocket(process.env, existsSync);
    if (!socket) throw new Error("Cannot watch the instances: no LXD is to be found");
    const client = new LxdClient(socket);
    return new InstanceWatch(client, await client.events.open(["lifecycle"], signal));
  }

  /** Resolves once LXD has no instance of that name. */
  async gone(name: string, signal: AbortSignal): Promise<void> {
    const instances = await this.#client.instances.list(undefined, signal);
    if (!instances.some((instance) => instance.name === name)) return;
    for await (const event of this.#stream) {
      if (event.type !== "lifecycle" || event.action !== "instance-deleted") continue;
      if (nameFromURL(event.source) === name) return;
    }
    throw new Error(`Cannot see instance '${name}' go: LXD has ended its stream of events`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.close();
    await this.#client.close();
  }
}
