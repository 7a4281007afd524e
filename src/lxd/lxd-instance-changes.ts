import type { LxdClient } from "lxd-client";
import type { InstanceChange, InstanceChanges } from "../service/ports.ts";

/** The daemon's lifecycle events of instances. */
export class LxdInstanceChanges implements InstanceChanges {
  readonly #client: LxdClient;

  constructor(client: LxdClient) {
    this.#client = client;
  }

  async follow(
    onOpen: () => void,
    onChange: (change: InstanceChange) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await using stream = await this.#client.events.open(["lifecycle"], signal);
    onOpen();
    for await (const event of stream) {
      if (event.type !== "lifecycle") continue;
      const [, instance] = /^\/1\.0\/instances\/([^/?]+)$/.exec(event.source) ?? [];
      if (instance !== undefined) onChange({ action: event.action, instance });
    }
  }
}
