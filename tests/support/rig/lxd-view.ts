import { existsSync } from "node:fs";
import { findSocket, LxdClient, type Instance } from "lxd-client";

/** Every object on LXD as a line: its kind, its name and what tells whose it is. */
export type LxdInventory = ReadonlySet<string>;

/** What stands on the LXD of this machine, whoever made it, as a test sees it. */
export class LxdView {
  readonly client: LxdClient;

  constructor() {
    const socket = findSocket(process.env, existsSync);
    if (!socket) throw new Error("There is no LXD socket");
    this.client = new LxdClient(socket);
  }

  /** Instances whose names begin with a unit's slug, such as `runners-0`. */
  async instances(slug: string, signal: AbortSignal): Promise<readonly Instance[]> {
    const all = await this.client.instances.list(undefined, signal);
    return all.filter(({ name }) => name.startsWith(`${slug}-`));
  }

  /** All objects of the default project. */
  async inventory(signal: AbortSignal): Promise<LxdInventory> {
    const { instances, images, imageAliases, profiles, networks, networkACLs, storagePools } = this.client;
    const [machines, stored, aliases, kinds, bridges, lists, pools] = await Promise.all([
      instances.list(undefined, signal),
      images.list(signal),
      imageAliases.list(signal),
      profiles.list(signal),
      networks.list(signal),
      networkACLs.list(signal),
      storagePools.list(signal),
    ]);
    return new Set([
      ...machines.map(({ name, description }) => `instance ${name} (${description})`),
      ...stored.map(({ fingerprint, properties }) => `image ${fingerprint} (${properties["description"]})`),
      ...aliases.map(({ name, description }) => `alias ${name} (${description})`),
      // With their content: nothing of other people's profiles may change.
      ...kinds.map(
        ({ name, description, config, devices }) =>
          `profile ${name} (${description}) ${JSON.stringify([config, devices])}`,
      ),
      ...bridges
        .filter(({ managed }) => managed)
        .map(({ name, description }) => `network ${name} (${description})`),
      ...lists.map(({ name, description }) => `ACL ${name} (${description})`),
      ...pools.map(({ name, description }) => `pool ${name} (${description})`),
    ]);
  }

  close(): Promise<void> {
    return this.client.close();
  }
}
