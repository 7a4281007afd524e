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

/** LXD has no lifecycle event for these before 5.21. An event comes for each instance, and at the end. */
const MEMBER_WORK: ReadonlySet<string> = new Set(["Evacuating cluster member", "Restoring cluster member"]);

/** The daemon's events of instances, of what the unit's instances stand on, and of its own part in a cluster. */
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
    const { client } = this.#options;
    // A connection that is lost may have been to another LXD.
    const { member } = await client.server.refresh(signal);
    const kinds = member === undefined ? (["lifecycle"] as const) : (["lifecycle", "operation"] as const);
    await using stream = await client.events.open(kinds, signal);
    onOpen();
    for await (const event of stream) {
      if (event.type === "operation") {
        const { description: action, location } = event.operation;
        if (member !== undefined && location === member && MEMBER_WORK.has(action))
          onChange({ action, member });
        continue;
      }
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
