import { createHash } from "node:crypto";
import type { MachineResources, Premises } from "../runners/ports.ts";
import { ProcessLock } from "../support/process-lock.ts";
import type { Config, Devices, LxdClient } from "./client/index.ts";
import { absentAsUndefined } from "./absent.ts";
import { describeOwner, ownerText, type Owner } from "./ownership.ts";

export interface LxdPremisesOptions {
  readonly client: LxdClient;
  readonly owner: Owner;
  /** The unit's name as it stands in names, such as `runners-0`. */
  readonly stem: string;
  /** Tells the size of a new pool on a loop file, such as `30GiB`; it takes space as it fills. */
  readonly poolSize: () => Promise<string>;
  /** Chooses a gateway address and prefix for a new bridge, such as `10.83.12.1/24`. */
  readonly freeSubnet: () => Promise<string>;
}

/** Drivers with copy-on-write clones, best first. `dir` works everywhere and copies every file. */
const DRIVERS = ["zfs", "btrfs"] as const;

/** What the names of all units' bridges begin with. */
export const BRIDGE_PREFIX = "ghr-";

/** Linux allows 15 characters for the name of an interface. */
const BRIDGE_DIGITS = 10;

/** Storage pool, bridge and profiles of one unit, in LXD's default project, each with the unit in its name or description. */
export class LxdPremises implements Premises {
  readonly #client: LxdClient;
  readonly #owner: Owner;
  readonly #stem: string;
  readonly #poolSize: () => Promise<string>;
  readonly #freeSubnet: () => Promise<string>;
  readonly #lock: ProcessLock;

  constructor(options: LxdPremisesOptions) {
    this.#client = options.client;
    this.#owner = options.owner;
    this.#stem = options.stem;
    this.#poolSize = options.poolSize;
    this.#freeSubnet = options.freeSubnet;
    this.#lock = new ProcessLock(`github-runner-premises-${this.bridge}`);
  }

  /** Name of the unit's storage pool. */
  get pool(): string {
    return this.#stem;
  }

  /** Name of the unit's bridge. */
  get bridge(): string {
    const digest = createHash("sha256").update(ownerText(this.#owner)).digest("hex");
    return `${BRIDGE_PREFIX}${digest.slice(0, BRIDGE_DIGITS)}`;
  }

  /** The profile that all instances of the unit have. */
  get baseProfile(): string {
    return `${this.#stem}-runner`;
  }

  profiles(resources: MachineResources): readonly string[] {
    return [this.baseProfile, this.#resourceProfile(resources)];
  }

  async ensure(resources: MachineResources, signal: AbortSignal): Promise<void> {
    // LXD refuses the second of two creators of a pool or bridge before the first one's can be used.
    await this.#lock.run(() => this.#ensureAll(resources, signal), signal);
  }

  async #ensureAll(resources: MachineResources, signal: AbortSignal): Promise<void> {
    await Promise.all([this.#ensurePool(signal), this.#ensureBridge(signal)]);
    await Promise.all([
      this.#ensureProfile(this.baseProfile, baseConfig, this.#baseDevices(), signal),
      this.#ensureProfile(
        this.#resourceProfile(resources),
        { "limits.cpu": String(resources.cpu), "limits.memory": resources.memory },
        { root: this.#rootDevice({ size: resources.disk }) },
        signal,
      ),
    ]);
  }

  async check(signal: AbortSignal): Promise<void> {
    await absentAsUndefined(this.#client.storagePools.get(this.pool, signal));
  }

  async remove(signal: AbortSignal): Promise<void> {
    await this.#lock.run(() => this.#removeAll(signal), signal);
  }

  async #removeAll(signal: AbortSignal): Promise<void> {
    const profiles = await this.#client.profiles.list(signal);
    const own = profiles.filter(({ description }) => description === describeOwner(this.#owner));
    for (const { name } of own) await this.#client.profiles.delete(name, signal);
    await this.#client.networks.delete(this.bridge, signal);
    await this.#client.storagePools.delete(this.pool, signal);
  }

  #resourceProfile({ cpu, memory, disk }: MachineResources): string {
    return `${this.#stem}-cpu-${cpu}-mem-${memory}-disk-${disk}`;
  }

  async #ensurePool(signal: AbortSignal): Promise<void> {
    if (await absentAsUndefined(this.#client.storagePools.get(this.pool, signal))) return;
    const info = await this.#client.server.refresh(signal);
    const offered = info.storageDrivers.map(({ name }) => name);
    const driver = DRIVERS.find((name) => offered.includes(name));
    await this.#client.storagePools.create(
      {
        name: this.pool,
        driver: driver ?? "dir",
        description: describeOwner(this.#owner),
        config: driver ? { size: await this.#poolSize() } : {},
      },
      signal,
    );
  }

  async #ensureBridge(signal: AbortSignal): Promise<void> {
    if (await absentAsUndefined(this.#client.networks.get(this.bridge, signal))) return;
    // LXD's own `auto` finds none where it cannot tell the free ones from the taken ones.
    const address = await this.#freeSubnet();
    await this.#client.networks.create(
      {
        name: this.bridge,
        type: "bridge",
        description: describeOwner(this.#owner),
        config: {
          "ipv4.address": address,
          "ipv4.nat": "true",
          "ipv4.dhcp.expiry": "10m",
          "ipv6.address": "none",
        },
      },
      signal,
    );
  }

  async #ensureProfile(name: string, config: Config, devices: Devices, signal: AbortSignal): Promise<void> {
    if (await absentAsUndefined(this.#client.profiles.get(name, signal))) return;
    await this.#client.profiles.create(
      { name, description: describeOwner(this.#owner), config, devices },
      signal,
    );
  }

  #baseDevices(): Devices {
    return {
      root: this.#rootDevice({}),
      eth0: {
        type: "nic",
        name: "eth0",
        network: this.bridge,
        // A bridge's rules do not stand between its own ports.
        "security.port_isolation": "true",
        "security.mac_filtering": "true",
      },
    };
  }

  #rootDevice(more: Config): Config {
    return { type: "disk", path: "/", pool: this.pool, ...more };
  }
}

const baseConfig: Config = {
  // Docker in an unprivileged container needs it.
  "security.nesting": "true",
  "boot.autostart": "false",
};
