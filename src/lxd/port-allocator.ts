import type { Config, Devices, Instance, LxdClient } from "lxd-client";
import { bridgePorts, type BridgePort } from "../network/bridge-ports.ts";
import { NoFreePortError } from "./errors.ts";
import type { BridgeKernel } from "./bridge-kernel.ts";
import { startOf } from "./start-of.ts";

/** Name of the network device of all instances. */
export const NIC = "eth0";

export interface PortAllocatorOptions {
  readonly client: LxdClient;
  /** Name of the unit's bridge. */
  readonly bridge: string;
  /** Name of a profile with the network device of all instances. */
  readonly profile: string;
  readonly kernel: Pick<BridgeKernel, "removeLeft">;
}

interface Site {
  readonly device: Config;
  readonly ports: readonly BridgePort[];
}

/**
 * Gives each instance a port of the unit's bridge, and so its MAC and IPv4 address. LXD then needs no lease to
 * start an instance, and the kernel's rules know the addresses before the instance exists.
 *
 * LXD's instances are the only record: a port is free when no instance names its address.
 */
export class PortAllocator {
  readonly #options: PortAllocatorOptions;
  #site: Promise<Site> | undefined;
  /** Instances that were listed after the last port was given. */
  #instances: readonly Instance[] | undefined;
  #taken: Promise<Set<string>> | undefined;
  /** Addresses of instances that LXD may not list yet. */
  readonly #given = new Set<string>();

  constructor(options: PortAllocatorOptions) {
    this.#options = options;
  }

  /** Forgets ports of instances that are gone. Ports given since {@link PortAllocator.giving} stay taken. */
  observe(instances: readonly Instance[]): void {
    if (this.#given.size === 0) this.#instances = instances;
  }

  /**
   * Calls `create` with devices for a new instance. When somebody else takes the port at the same time, calls it again
   * with another one.
   *
   * @param name the instance's name.
   * @throws {@link NoFreePortError} and what `create` throws.
   */
  async giving<T>(name: string, create: (devices: Devices) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      const { device, port } = await this.#take(name, signal);
      try {
        return await create({ [NIC]: device });
      } catch (thrown) {
        if (!(await this.#isLost(port, name, signal))) throw thrown;
      } finally {
        this.#given.delete(port.address);
      }
    }
  }

  async #take(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly device: Config; readonly port: BridgePort }> {
    const [{ device, ports }, taken] = await this.#known(signal);
    // The port of an instance that has just gone is not the next one's.
    const start = startOf(name, ports.length);
    const port = [...ports.slice(start), ...ports.slice(0, start)].find(({ address }) => !taken.has(address));
    if (!port) throw new NoFreePortError(this.#options.bridge, ports.length);
    taken.add(port.address);
    this.#given.add(port.address);
    // LXD leaves the interface of an instance that ended before its start had begun, and then refuses each later start of
    // an instance with this port. No instance has it now.
    await this.#options.kernel.removeLeft(port.name, signal);
    const { name: hostName, mac, address } = port;
    return { port, device: { ...device, host_name: hostName, hwaddr: mac, "ipv4.address": address } };
  }

  /** Reads what is not known yet, once for all that wait for it. */
  async #known(signal: AbortSignal): Promise<readonly [Site, Set<string>]> {
    if (this.#instances) this.#taken = this.#takenBy(this.#instances, signal);
    this.#instances = undefined;
    this.#taken ??= this.#readTaken(signal);
    this.#site ??= this.#readSite(signal);
    try {
      return await Promise.all([this.#site, this.#taken]);
    } catch (thrown) {
      this.#site = undefined;
      this.#taken = undefined;
      throw thrown;
    }
  }

  /** Whether another instance has the port now. */
  async #isLost({ address }: BridgePort, name: string, signal: AbortSignal): Promise<boolean> {
    const { client, bridge } = this.#options;
    const instances = await client.instances.list(undefined, signal);
    const isLost = instances.some(
      (instance) => instance.name !== name && addressOf(instance, bridge) === address,
    );
    if (isLost) this.#taken = this.#takenBy(instances, signal);
    return isLost;
  }

  async #readTaken(signal: AbortSignal): Promise<Set<string>> {
    return this.#takenBy(await this.#options.client.instances.list(undefined, signal), signal);
  }

  async #takenBy(instances: readonly Instance[], signal: AbortSignal): Promise<Set<string>> {
    const { client, bridge } = this.#options;
    const own = instances.filter((instance) => instance.expanded_devices[NIC]?.["network"] === bridge);
    const addresses = own.map((instance) => addressOf(instance, bridge));
    // Instances of earlier versions of the charm have leases.
    const hasLeases = own.some(
      (instance) => instance.status !== "Stopped" && addressOf(instance, bridge) === undefined,
    );
    const leases = hasLeases ? await client.networks.leases(bridge, signal) : [];
    const all = [...addresses, ...leases.map(({ address }) => address), ...this.#given];
    return new Set(all.filter((address) => address !== undefined));
  }

  async #readSite(signal: AbortSignal): Promise<Site> {
    const { client, bridge, profile } = this.#options;
    const [network, { devices }] = await Promise.all([
      client.networks.get(bridge, signal),
      client.profiles.get(profile, signal),
    ]);
    return {
      device: devices[NIC] ?? {},
      ports: bridgePorts(bridge, network.config["ipv4.address"] ?? ""),
    };
  }
}

function addressOf({ devices }: Instance, bridge: string): string | undefined {
  const device = devices[NIC];
  return device?.["network"] === bridge ? device["ipv4.address"] : undefined;
}
