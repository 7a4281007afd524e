import type { LxdClient } from "lxd-client";
import type { UnitChange, UnitChanges } from "../service/ports.ts";

export interface LxdUnitChangesOptions {
  readonly client: LxdClient;
  /** The unit's name in other names: pool and network ACL have it, and profiles begin with it. */
  readonly slug: string;
  /** Name of the unit's bridge. */
  readonly bridge: string;
}

/** `/1.0/instances/runners-0-1`, and not what belongs to it, such as a volume of a pool. */
const OBJECT = /^\/1\.0\/(instances|networks|storage-pools|profiles|network-acls)\/([^/?]+)(?:\?.*)?$/;

/** The daemon's lifecycle events of instances, and of what the unit's instances stand on. */
export class LxdUnitChanges implements UnitChanges {
  readonly #options: LxdUnitChangesOptions;

  constructor(options: LxdUnitChangesOptions) {
    this.#options = options;
  }

  async follow(
    onOpen: () => void,
    onChange: (change: UnitChange) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await using stream = await this.#options.client.events.open(["lifecycle"], signal);
    onOpen();
    for await (const event of stream) {
      if (event.type !== "lifecycle") continue;
      const [, kind, name] = OBJECT.exec(event.source) ?? [];
      if (kind === undefined || name === undefined) continue;
      const { action } = event;
      if (kind === "instances") onChange({ action, instance: name });
      else if (this.#isOwn(kind, name)) onChange({ action });
    }
  }

  #isOwn(kind: string, name: string): boolean {
    const { bridge, slug } = this.#options;
    if (kind === "networks") return name === bridge;
    return name === slug || (kind === "profiles" && name.startsWith(`${slug}-`));
  }
}
