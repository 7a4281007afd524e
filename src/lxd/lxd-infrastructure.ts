import { createHash } from "node:crypto";
import type { InstanceType, MachineResources } from "../runners/ports.ts";
import type { Infrastructure, InfrastructureReport, RunnerCapacity } from "../unit/ports.ts";
import { ProcessLock } from "charm-kit";
import {
  LxdError,
  type Config,
  type Instance,
  type LxdClient,
  type Network,
  type Profile,
  type Tagged,
} from "lxd-client";
import { bridgePorts } from "../network/bridge-ports.ts";
import {
  contains,
  gatewayOf,
  parseNetwork,
  renderNetwork,
  type Network as Subnet,
} from "../network/network.ts";
import { absentAsUndefined } from "./absent.ts";
import { BridgeLostError } from "./errors.ts";
import { bridgeRoom } from "./bridge-room.ts";
import type { BridgeKernel } from "./bridge-kernel.ts";
import { NIC } from "./port-allocator.ts";
import { bridgeConfigs, protectsAs } from "./bridge-config.ts";
import { LxdPool } from "./lxd-pool.ts";
import { createInCluster, downMemberOf, isUnfinished, untilItAnswers } from "./own-member.ts";
import { isUsedBy, othersInstances, refuseForeign } from "./other-owners.ts";
import { describeOwner, isForeign, KEYS, ownerKey, ownerText, type Owner } from "./ownership.ts";
import { namingMissingProgram } from "./missing-program.ts";
import type { PoolStore } from "./pool-store.ts";
import {
  baseProfile,
  filterNotices,
  guestSocketOption,
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
  /** The configured subnet of the bridge. @default none */
  readonly subnet?: Subnet | undefined;
  /**
   * Chooses a gateway address and prefix for a new bridge, such as `192.168.99.1/24`.
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
  readonly bridgeKernel: BridgeKernel;
  /** Called with each repair of the bridge, as a short text. */
  readonly onRepair: (repair: string) => void;
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

  async gateway(signal: AbortSignal): Promise<string | undefined> {
    const bridge = await absentAsUndefined(this.#client.networks.get(this.bridge, signal));
    const gateway = gatewayOf(bridge?.config["ipv4.address"] ?? "");
    return gateway === "" ? undefined : gateway;
  }

  /** The profile of all instances of the unit. Instances of both types may exist for a while. */
  get baseProfile(): string {
    const { instanceType, slug } = this.#options;
    return instanceType === "container" ? `${slug}-runner` : `${slug}-machine`;
  }

  profiles(resources: MachineResources): readonly string[] {
    return [this.baseProfile, this.#resourceProfile(resources)];
  }

  async ensure(capacity: RunnerCapacity, signal: AbortSignal): Promise<InfrastructureReport> {
    // LXD refuses the second of two concurrent creations before the first one is usable.
    return this.#lock.run(() => this.#ensureAll(capacity, signal), signal);
  }

  async check(signal: AbortSignal): Promise<void> {
    await this.#pool.check(signal);
    const known = await absentAsUndefined(this.#client.networks.get(this.bridge, signal));
    if (!known || !(await this.#faultOf(known))) return;
    await this.#lock.run(async () => {
      await this.#ensureBridge(await this.#knownBridge(signal), signal);
    }, signal);
  }

  async remove(signal: AbortSignal): Promise<readonly string[]> {
    return this.#lock.run(() => this.#removeAll(signal), signal);
  }

  async #ensureAll(capacity: RunnerCapacity, signal: AbortSignal): Promise<InfrastructureReport> {
    const { processes, resources } = capacity;
    const { instanceType } = this.#options;
    // All that is only read, side by side with the pool.
    const known = early(this.#knownBridge(signal));
    const server = early(this.#readServer(signal));
    let profiles = early(this.#ownProfiles(signal));
    const release = async () => {
      await this.#removeProfiles(signal);
      profiles = early(this.#ownProfiles(signal));
    };
    // First, so that nothing else is created for a pool that is too small.
    const pooled = await this.#pool.ensure(capacity, release, signal);
    const bridge = await this.#ensureBridge(await known, signal);
    const ports = await this.#countPorts(await known, signal);
    const { info, filters } = await server;
    const own = await profiles;
    const guestSocket = guestSocketOption(info);
    const isClustered = info.member !== undefined;
    const site = { pool: this.pool, bridge: this.bridge, processes, guestSocket, isClustered };
    const current = this.#resourceProfile(resources);
    // One after the other: LXD updates the instances of a changed profile, and refuses two updates of one at a time.
    await this.#ensureProfile(this.baseProfile, baseProfile(instanceType, site, filters), own, signal);
    await this.#ensureProfile(current, resourceProfile(resources, this.pool), own, signal);
    await this.#removeUnusedProfiles(current, own, signal);
    const { replacements, standby, shortage } = bridgeRoom(pooled, capacity, ports);
    const notices = [pooled.shortage, shortage, ...filterNotices(filters), ...bridge.notices];
    return {
      ...{ count: pooled.count, replacements, standby },
      notices: notices.filter((notice) => notice !== undefined),
      bridge: bridge.isAsRead ? (await known)?.value : undefined,
    };
  }

  async #knownBridge(signal: AbortSignal): Promise<Tagged<Network> | undefined> {
    const known = await absentAsUndefined(this.#client.networks.getTagged(this.bridge, signal));
    return known && isUnfinished(known.value) ? undefined : known;
  }

  /** A bridge that is known keeps its subnet. */
  async #countPorts(known: Tagged<Network> | undefined, signal: AbortSignal): Promise<number> {
    const { config } = known?.value ?? (await this.#client.networks.get(this.bridge, signal));
    return bridgePorts(this.bridge, config["ipv4.address"] ?? "").length;
  }

  async #readServer(signal: AbortSignal) {
    const info = await this.#client.server.info(signal);
    return { info, filters: await this.#options.nicFilters(info.firewall, signal) };
  }

  /** What instances of others use stays: they may belong to a unit of the same name of another deployment. */
  async #removeAll(signal: AbortSignal): Promise<readonly string[]> {
    const others = await othersInstances(this.#client, this.#options.owner, signal);
    const profiles = await this.#ownProfiles(signal);
    const kept = new Set(
      profiles.filter(({ used_by: users }) => isUsedBy(users, others)).map(({ name }) => name),
    );
    for (const { name } of profiles) if (!kept.has(name)) await this.#client.profiles.delete(name, signal);
    const inUse = new Set([...others, ...kept]);
    return [
      ...[...kept].map((name) => `profile '${name}'`),
      ...(await this.#removeBridge(inUse, signal)),
      ...(await this.#pool.remove(inUse, signal)),
    ];
  }

  async #removeBridge(inUse: ReadonlySet<string>, signal: AbortSignal): Promise<readonly string[]> {
    const known = await absentAsUndefined(this.#client.networks.get(this.bridge, signal));
    if (known && isUsedBy(known.used_by, inUse)) return [`network '${this.bridge}'`];
    await this.#client.networks.delete(this.bridge, signal);
    await this.#options.bridgeKernel.removeAllLeft(this.bridge, signal);
    return [];
  }

  #resourceProfile({ cpu, memory, disk }: MachineResources): string {
    return `${this.#resourcePrefix}${cpu}-mem-${memory}-disk-${disk}`;
  }

  get #resourcePrefix(): string {
    return `${this.#options.slug}-cpu-`;
  }

  /**
   * Creates a missing bridge, corrects one that an earlier version created or that a person changed, and repairs one
   * that is not in the kernel as LXD believes.
   *
   * @returns what a person should know of it, as short texts, and whether it was right as it was read.
   */
  async #ensureBridge(
    known: Tagged<Network> | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly notices: readonly string[]; readonly isAsRead: boolean }> {
    const { bridgeKernel, onRepair } = this.#options;
    const correction = known ? await this.#correctBridge(known, signal) : { notices: [], isAsRead: false };
    if (!known) await SUBNETS.run(() => this.#createBridge(signal), signal);
    const fault = known && (await this.#faultOf(known.value));
    if (fault !== undefined) await this.#restoreBridge(fault, signal);
    await bridgeKernel.harden(this.bridge);
    const kept = [...(known ? this.#keptSubnet(known.value) : []), ...correction.notices];
    if (fault === undefined) return { notices: kept, isAsRead: correction.isAsRead };
    const repair = `restored the runners' bridge ${this.bridge}, since ${fault}`;
    onRepair(repair);
    return { notices: [...kept, repair], isAsRead: false };
  }

  /** A bridge keeps its subnet: runners, their ports and the rules for them have its addresses. */
  #keptSubnet({ config }: Network): readonly string[] {
    const { subnet: wanted } = this.#options;
    const address = config["ipv4.address"] ?? "";
    const present = parseNetwork(address);
    if (!wanted || !present || (contains(wanted, present) && contains(present, wanted))) return [];
    return [`runner-subnet is for new units: this one's bridge keeps ${renderNetwork(present)}`];
  }

  #faultOf({ config }: Network): Promise<string | undefined> {
    return this.#options.bridgeKernel.fault(this.bridge, gatewayOf(config["ipv4.address"] ?? ""));
  }

  /** @returns whether it stays as it was read, and what a correction waits for. */
  async #correctBridge(
    { value, etag }: Tagged<Network>,
    signal: AbortSignal,
  ): Promise<{ readonly notices: readonly string[]; readonly isAsRead: boolean }> {
    const { config, description } = value;
    const wanted = bridgeConfigs(config["ipv4.address"] ?? "").map((better) => ({ ...config, ...better }));
    if (wanted.some((better) => textOf(config) === textOf(better))) return { notices: [], isAsRead: true };
    try {
      await firstAccepted(wanted, (better) =>
        this.#client.networks.put(this.bridge, { config: better, description }, etag, signal),
      );
      return { notices: [], isAsRead: false };
    } catch (thrown) {
      const member = downMemberOf(thrown);
      if (member === undefined || !wanted.some((better) => protectsAs(config, better))) throw thrown;
      return { notices: [untilItAnswers("a change of the runners' bridge waits", member)], isAsRead: true };
    }
  }

  /**
   * LXD sets a bridge up when its configuration changes, so this changes it back and forth. LXD does not attach
   * running instances to a new bridge, and its rules are assigned again by the firewall.
   *
   * @throws {@link BridgeLostError} when that does not help.
   */
  async #restoreBridge(fault: string, signal: AbortSignal): Promise<void> {
    const { networks } = this.#client;
    const known = await networks.getTagged(this.bridge, signal);
    const { config, description } = known.value;
    const changed = { ...config, "ipv4.dhcp.expiry": "1h" };
    await networks.put(this.bridge, { config: changed, description }, known.etag, signal);
    const { etag } = await networks.getTagged(this.bridge, signal);
    await networks.put(this.bridge, { config, description }, etag, signal);
    const instances = await this.#client.instances.list(undefined, signal);
    const ports = instances.flatMap((instance) => hostNameOf(instance, this.bridge) ?? []);
    await this.#options.bridgeKernel.attach(this.bridge, ports, signal);
    const left = await this.#faultOf(known.value);
    if (left !== undefined) throw new BridgeLostError(this.bridge, left, fault);
  }

  async #createBridge(signal: AbortSignal): Promise<void> {
    const { member } = await this.#client.server.info(signal);
    const subnet = await this.#chooseSubnet(member, signal);
    const bridge = {
      name: this.bridge,
      type: "bridge",
      description: describeOwner(this.#options.owner),
    } as const;
    const create = async (config: Config) => {
      const whole = { ...bridge, config };
      if (member === undefined) {
        await this.#client.networks.create(whole, signal);
        return;
      }
      // A bridge of a cluster is on all its members. Nothing is ever attached to it on the others.
      const definition = () => ({ name: bridge.name, type: bridge.type });
      await createInCluster(this.#client, this.#client.networks, { whole, definition, member }, signal);
    };
    await namingMissingProgram("create the runners' bridge", () =>
      firstAccepted(bridgeConfigs(subnet), create),
    );
  }

  /**
   * LXD's own `auto` fails when it cannot detect free subnets. All bridges of a cluster are on all its members, whose units
   * may begin at once and see the same free subnets: each leaves the best ones to the members before it.
   */
  async #chooseSubnet(member: string | undefined, signal: AbortSignal): Promise<string> {
    const { freeSubnet, subnet } = this.#options;
    const networks = await this.#client.networks.list(signal);
    const taken = networks.flatMap(({ config }) => config["ipv4.address"] ?? []);
    if (member !== undefined && subnet === undefined) {
      const members = await this.#client.cluster.members(signal);
      const { length: before } = members.filter(({ name }) => name < member);
      for (let index = 0; index < before; index++) taken.push(await freeSubnet(taken));
    }
    return freeSubnet(taken);
  }

  /** Corrects a profile with different content. LXD applies the change to its instances. */
  async #ensureProfile(
    name: string,
    content: ProfileContent,
    own: readonly Profile[],
    signal: AbortSignal,
  ): Promise<void> {
    const { owner } = this.#options;
    const config = { ...content.config, ...ownerKey(owner) };
    const wanted = { ...content, config, description: describeOwner(owner) };
    const listed = own.find((profile) => profile.name === name);
    if (listed && isSame(listed, wanted)) return;
    const known = await absentAsUndefined(this.#client.profiles.getTagged(name, signal));
    if (known) refuseForeign(`profile '${name}'`, known.value.config, owner);
    if (!known) await this.#client.profiles.create({ name, ...wanted }, signal);
    else if (!isSame(known.value, wanted)) await this.#client.profiles.put(name, wanted, known.etag, signal);
  }

  async #ownProfiles(signal: AbortSignal): Promise<readonly Profile[]> {
    const { owner, slug } = this.#options;
    const profiles = await this.#client.profiles.list(signal);
    return profiles.filter(
      ({ name, config, description }) =>
        config[KEYS.owner] === ownerText(owner) ||
        // Earlier versions of the charm wrote no key.
        (description === describeOwner(owner) && name.startsWith(`${slug}-`) && !isForeign(config, owner)),
    );
  }

  async #removeProfiles(signal: AbortSignal): Promise<void> {
    for (const { name } of await this.#ownProfiles(signal)) await this.#client.profiles.delete(name, signal);
  }

  /** Deletes profiles of earlier resources after their last runner is gone. */
  async #removeUnusedProfiles(current: string, own: readonly Profile[], signal: AbortSignal): Promise<void> {
    const unused = own.filter(
      ({ name, used_by: users }) =>
        name.startsWith(this.#resourcePrefix) && name !== current && users.length === 0,
    );
    for (const { name } of unused) await this.#client.profiles.delete(name, signal);
  }
}

/** Work whose result is needed later: what it throws is thrown there, and not as an unhandled rejection before. */
function early<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

/** The interface on the machine of a running instance on the bridge. */
function hostNameOf(
  { status, config, expanded_devices: devices }: Instance,
  bridge: string,
): string | undefined {
  const device = devices[NIC];
  if (status === "Stopped" || device?.["network"] !== bridge) return undefined;
  return device["host_name"] ?? config[`volatile.${NIC}.host_name`];
}

/** Tries configurations until LXD accepts one. The first refusal is the one to report. */
async function firstAccepted(
  configs: readonly Config[],
  apply: (config: Config) => Promise<unknown>,
): Promise<void> {
  const refusals: unknown[] = [];
  for (const config of configs) {
    try {
      await apply(config);
      return;
    } catch (thrown) {
      if (!(thrown instanceof LxdError)) throw thrown;
      refusals.push(thrown);
    }
  }
  throw refusals[0];
}

function isSame(known: ProfileContent, wanted: ProfileContent): boolean {
  return textOf(known.config) === textOf(wanted.config) && devicesOf(known) === devicesOf(wanted);
}

function devicesOf({ devices }: ProfileContent): string {
  return textOf(Object.fromEntries(Object.entries(devices).map(([name, device]) => [name, textOf(device)])));
}

function textOf(config: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(config).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
