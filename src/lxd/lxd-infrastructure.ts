import { createHash } from "node:crypto";
import type { InstanceType, MachineResources } from "../runners/ports.ts";
import type { Infrastructure, RunnerCapacity } from "../unit/ports.ts";
import { ProcessLock } from "charm-kit";
import type { LxdClient, Profile } from "lxd-client";
import { absentAsUndefined } from "./absent.ts";
import { LxdPool } from "./lxd-pool.ts";
import { describeOwner, ownerText, type Owner } from "./ownership.ts";
import type { PoolStore } from "./pool-store.ts";
import {
  baseProfile,
  filterNotices,
  resourceProfile,
  type NicFilters,
  type ProfileContent,
} from "./runner-profiles.ts";

export interface LxdInfrastructureOptions {
  readonly client: LxdClient;
  readonly owner: Owner;
  /** The unit's name in other names, such as `runners-0`. */
  readonly slug: string;
  readonly instanceType: InstanceType;
  readonly poolStore: PoolStore;
  /**
   * Chooses a gateway address and prefix for a new bridge, such as `10.83.12.1/24`.
   *
   * @param taken networks of LXD's bridges, in the same form, including bridges that are down.
   */
  readonly freeSubnet: (taken: readonly string[]) => Promise<string>;
  /**
   * Detects the machine's network device filters.
   *
   * @param firewall LXD's firewall driver, such as `nftables`.
   */
  readonly nicFilters: (firewall: string, signal: AbortSignal) => Promise<NicFilters>;
}

/** Linux allows 15 characters in an interface name. */
const BRIDGE_DIGITS = 10;
const BRIDGE_PREFIX = "ghr-";

/** Matches the names of all units' bridges, and not longer names with the same prefix. */
export const BRIDGE_NAMES = new RegExp(`^${BRIDGE_PREFIX}[0-9a-f]{${BRIDGE_DIGITS}}$`);

/** Locks the choice of a subnet until its bridge exists, for all units of the machine. */
const SUBNETS = new ProcessLock("github-runner-subnets");

/** Storage pool, bridge and profiles of one unit, in LXD's default project. Their names or descriptions contain the unit. */
export class LxdInfrastructure implements Infrastructure {
  readonly #options: LxdInfrastructureOptions;
  readonly #client: LxdClient;
  readonly #pool: LxdPool;
  readonly #lock: ProcessLock;

  constructor(options: LxdInfrastructureOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#pool = new LxdPool({ ...options, name: this.pool, store: options.poolStore });
    // Earlier versions of the charm use the same lock name.
    this.#lock = new ProcessLock(`github-runner-premises-${this.bridge}`);
  }

  /** Name of the unit's storage pool. */
  get pool(): string {
    return this.#options.slug;
  }

  /** Name of the unit's bridge. */
  get bridge(): string {
    const digest = createHash("sha256").update(ownerText(this.#options.owner)).digest("hex");
    return `${BRIDGE_PREFIX}${digest.slice(0, BRIDGE_DIGITS)}`;
  }

  /** The profile of all instances of the unit. Instances of both types may exist for a while. */
  get baseProfile(): string {
    const { instanceType, slug } = this.#options;
    return instanceType === "container" ? `${slug}-runner` : `${slug}-machine`;
  }

  profiles(resources: MachineResources): readonly string[] {
    return [this.baseProfile, this.#resourceProfile(resources)];
  }

  async ensure(capacity: RunnerCapacity, signal: AbortSignal): Promise<readonly string[]> {
    // LXD refuses the second of two concurrent creations before the first one is usable.
    return this.#lock.run(() => this.#ensureAll(capacity, signal), signal);
  }

  async check(signal: AbortSignal): Promise<void> {
    await this.#pool.check(signal);
  }

  async remove(signal: AbortSignal): Promise<void> {
    await this.#lock.run(() => this.#removeAll(signal), signal);
  }

  async #ensureAll(capacity: RunnerCapacity, signal: AbortSignal): Promise<readonly string[]> {
    const { resources } = capacity;
    const { instanceType, nicFilters } = this.#options;
    const release = () => this.#removeProfiles(signal);
    // First, so that nothing else is created for a pool that is too small.
    await this.#pool.ensure(capacity, release, signal);
    await this.#ensureBridge(signal);
    const { firewall } = await this.#client.server.info(signal);
    const filters = await nicFilters(firewall, signal);
    const current = this.#resourceProfile(resources);
    await Promise.all([
      this.#ensureProfile(this.baseProfile, baseProfile(instanceType, this, filters), signal),
      this.#ensureProfile(current, resourceProfile(resources, this.pool), signal),
    ]);
    await this.#removeUnusedProfiles(current, signal);
    return filterNotices(filters);
  }

  async #removeAll(signal: AbortSignal): Promise<void> {
    await this.#removeProfiles(signal);
    await this.#client.networks.delete(this.bridge, signal);
    await this.#pool.remove(signal);
  }

  #resourceProfile({ cpu, memory, disk }: MachineResources): string {
    return `${this.#resourcePrefix}${cpu}-mem-${memory}-disk-${disk}`;
  }

  get #resourcePrefix(): string {
    return `${this.#options.slug}-cpu-`;
  }

  async #ensureBridge(signal: AbortSignal): Promise<void> {
    if (await absentAsUndefined(this.#client.networks.get(this.bridge, signal))) return;
    await SUBNETS.run(() => this.#createBridge(signal), signal);
  }

  async #createBridge(signal: AbortSignal): Promise<void> {
    const networks = await this.#client.networks.list(signal);
    const taken = networks.flatMap(({ config }) => config["ipv4.address"] ?? []);
    // LXD's own `auto` fails when it cannot detect free subnets.
    const address = await this.#options.freeSubnet(taken);
    await this.#client.networks.create(
      {
        name: this.bridge,
        type: "bridge",
        description: describeOwner(this.#options.owner),
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

  /** Corrects a profile with different content. LXD applies the change to its instances. */
  async #ensureProfile(name: string, content: ProfileContent, signal: AbortSignal): Promise<void> {
    const wanted = { ...content, description: describeOwner(this.#options.owner) };
    const known = await absentAsUndefined(this.#client.profiles.getTagged(name, signal));
    if (!known) await this.#client.profiles.create({ name, ...wanted }, signal);
    else if (!isSame(known.value, wanted)) await this.#client.profiles.put(name, wanted, known.etag, signal);
  }

  async #ownProfiles(signal: AbortSignal): Promise<readonly Profile[]> {
    const profiles = await this.#client.profiles.list(signal);
    return profiles.filter(({ description }) => description === describeOwner(this.#options.owner));
  }

  async #removeProfiles(signal: AbortSignal): Promise<void> {
    for (const { name } of await this.#ownProfiles(signal)) await this.#client.profiles.delete(name, signal);
  }

  /** Deletes profiles of earlier resources after their last runner is gone. */
  async #removeUnusedProfiles(current: string, signal: AbortSignal): Promise<void> {
    const unused = (await this.#ownProfiles(signal)).filter(
      ({ name, used_by: users }) =>
        name.startsWith(this.#resourcePrefix) && name !== current && users.length === 0,
    );
    for (const { name } of unused) await this.#client.profiles.delete(name, signal);
  }
}

function isSame(known: ProfileContent, wanted: ProfileContent): boolean {
  return textOf(known.config) === textOf(wanted.config) && devicesOf(known) === devicesOf(wanted);
}

function devicesOf({ devices }: ProfileContent): string {
  return textOf(Object.fromEntries(Object.entries(devices).map(([name, device]) => [name, textOf(device)])));
}

function textOf(config: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(config).toSorted(([one], [other]) => one.localeCompare(other)));
}
