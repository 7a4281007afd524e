import { existsSync } from "node:fs";
import { findSocket, LxdClient, nameFromURL, type EventStream } from "lxd-client";

/** Actions after which an instance has ended. */
const ENDS: readonly string[] = ["instance-shutdown", "instance-stopped", "instance-deleted"];

/** Sees instances end. It has to be opened before one may end, since LXD repeats no event. */
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

  /** Resolves once no instance of that name runs. */
  async gone(name: string, signal: AbortSignal): Promise<void> {
    const instances = await this.#client.instances.list(undefined, signal);
    if (!instances.some((instance) => instance.name === name && instance.status !== "Stopped")) return;
    for await (const event of this.#stream) {
      if (event.type !== "lifecycle" || !ENDS.includes(event.action)) continue;
      if (nameFromURL(event.source) === name) return;
    }
    throw new Error(`Cannot see instance '${name}' end: LXD has ended its stream of events`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.close();
    await this.#client.close();
  }
}
