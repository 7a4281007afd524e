import { parseAddress } from "../network/address.ts";
import { gatewayOf, type Network } from "../network/network.ts";
import type { Firewall, FirewallRules, InfrastructureReport, ListedBridge } from "../unit/ports.ts";
import { absentAsUndefined } from "./absent.ts";
import { egressRules } from "./acl-rules.ts";
import { isNoLooser } from "./acl-strictness.ts";
import type { Config, LxdClient, NetworkACL, NetworkACLSettings, Tagged } from "lxd-client";
import { FirewallUnsupportedError } from "./errors.ts";
import { refuseForeign } from "./other-owners.ts";
import { describeOwner, isForeign, KEYS, ownerKey, type Owner } from "./ownership.ts";
import { downMemberOf, untilItAnswers } from "./own-member.ts";

/** The packet filter of this machine's kernel. */
export interface PacketFilter {
  /**
   * Rejects packets from a bridge to the machine itself, except DHCP and DNS at the gateway, and lets each port of the
   * bridge use its own addresses alone. Safe to repeat.
   *
   * @param subnet the machine's IPv4 address on the bridge with the prefix, such as `192.168.99.1/24`.
   * @param port TCP port of that address which stays open; undefined for none.
   * @returns whether the kernel has LXD's rules for the bridge. LXD does not notice when all rules are flushed.
   */
  closeHost(bridge: string, subnet: string, port: number | undefined, signal: AbortSignal): Promise<boolean>;
  /** Removes the rules of {@link PacketFilter.closeHost}, if any. */
  openHost(signal: AbortSignal): Promise<void>;
}

export interface LxdFirewallOptions {
  readonly client: LxdClient;
  readonly owner: Owner;
  /** Name of the ACL. */
  readonly name: string;
  /** Name of the unit's bridge. */
  readonly bridge: string;
  /** Reads the networks that no exception opens: the machine's addresses and all units' bridge networks. */
  readonly closedNetworks: () => Promise<readonly Network[]>;
  readonly packetFilter: PacketFilter;
}

/** Rejects by default. Replies to allowed connections pass. */
const DEFAULTS: Config = {
  "security.acls.default.egress.action": "reject",
  "security.acls.default.ingress.action": "reject",
};

/**
 * An ACL on the unit's bridge, and kernel rules that block the machine itself.
 *
 * An ACL cannot block the machine. It lists addresses, which may change a minute later. It filters
 * packets after the address translation of ports that Docker or LXD publish. And LXD allows
 * DNS to every address of the machine before the ACL.
 */
export class LxdFirewall implements Firewall {
  readonly #options: LxdFirewallOptions;

  constructor(options: LxdFirewallOptions) {
    this.#options = options;
  }

  async ensure(
    rules: FirewallRules,
    signal: AbortSignal,
    infrastructure: Promise<Pick<InfrastructureReport, "bridge">> = Promise.resolve({}),
  ): Promise<readonly string[]> {
    const { client, bridge, name, packetFilter, closedNetworks } = this.#options;
    const [{ bridge: listed }, acl] = await Promise.all([
      infrastructure,
      absentAsUndefined(client.networkACLs.getTagged(name, signal)),
    ]);
    const [ours, closed] = await Promise.all([
      listed ?? absentAsUndefined(client.networks.get(bridge, signal)),
      closedNetworks(),
    ]);
    // Without its bridge no runner can start.
    if (!ours) return [];
    if (acl) refuseForeign(`network ACL '${name}'`, acl.value.config, this.#options.owner);
    const subnet = ours.config["ipv4.address"] ?? "";
    const hasRules = await packetFilter.closeHost(bridge, subnet, rules.machinePort, signal);
    const isInKernel = hasRules || (await this.#needsNoRules(ours, signal));
    // LXD cannot change rules that are missing in the kernel, but creates them when the ACL is assigned again.
    if (!isInKernel) await this.#configureBridge(withoutACL, signal);
    const settings = {
      egress: egressRules(closed, rules, parseAddress(gatewayOf(subnet))),
      ingress: [],
      config: ownerKey(this.#options.owner),
      description: describeOwner(this.#options.owner),
    };
    const notices = acl ? await this.#change(acl, settings, signal) : [];
    if (!acl) await this.#create(settings, signal);
    if (!isInKernel || !isGuarded(ours, name))
      await this.#configureBridge((config) => ({ ...config, ...guard(name) }), signal);
    return notices;
  }

  /** In a cluster whose member is off, runners go on with rules that are no looser than the wanted ones. */
  async #change(
    { value, etag }: Tagged<NetworkACL>,
    settings: NetworkACLSettings,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    if (isSame(value, settings)) return [];
    const { client, name } = this.#options;
    try {
      await client.networkACLs.put(name, settings, etag, signal);
      return [];
    } catch (thrown) {
      const member = downMemberOf(thrown);
      if (member === undefined || !isNoLooser(value, settings)) throw thrown;
      return [untilItAnswers("the network rules stay stricter than configured", member)];
    }
  }

  async remove(signal: AbortSignal): Promise<readonly string[]> {
    const { client, name, owner, packetFilter } = this.#options;
    await this.#configureBridge(withoutACL, signal);
    await packetFilter.openHost(signal);
    const acl = await absentAsUndefined(client.networkACLs.get(name, signal));
    // The bridge of a unit of the same name of another deployment may use it.
    if (acl && (isForeign(acl.config, owner) || acl.used_by.length > 0)) return [`network ACL '${name}'`];
    await client.networkACLs.delete(name, signal);
    return [];
  }

  /** Without an assigned ACL, the bridge misses no rules; and LXD may keep them elsewhere. */
  async #needsNoRules(bridge: ListedBridge, signal: AbortSignal): Promise<boolean> {
    const { client, name } = this.#options;
    if (!isGuarded(bridge, name)) return true;
    const { firewall } = await client.server.info(signal);
    return firewall !== "nftables";
  }

  async #create(settings: NetworkACLSettings, signal: AbortSignal): Promise<void> {
    const { client, name } = this.#options;
    const info = await client.server.info(signal);
    if (!info.supports("network_bridge_acl")) throw new FirewallUnsupportedError();
    await client.networkACLs.create({ name, ...settings }, signal);
  }

  /** Changes the bridge's configuration, if the bridge exists and the value differs. */
  async #configureBridge(change: (config: Config) => Config, signal: AbortSignal): Promise<void> {
    const { client, bridge } = this.#options;
    const tagged = await absentAsUndefined(client.networks.getTagged(bridge, signal));
    if (!tagged) return;
    const { config, description } = tagged.value;
    await client.networks.put(bridge, { config: change(config), description }, tagged.etag, signal);
  }
}

function guard(acl: string): Config {
  return { "security.acls": acl, ...DEFAULTS };
}

function isGuarded({ config }: ListedBridge, acl: string): boolean {
  return Object.entries(guard(acl)).every(([key, value]) => config[key] === value);
}

function withoutACL(config: Config): Config {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !key.startsWith("security.acls")));
}

/** Compares only the unit's settings. LXD returns only keys with values, in its own order. */
function isSame(left: NetworkACLSettings, right: NetworkACLSettings): boolean {
  return fingerprint(left) === fingerprint(right);
}

function fingerprint({ config, egress, ingress, description }: NetworkACLSettings): string {
  const rules = [egress, ingress].map((list) =>
    list.map((rule) => JSON.stringify(Object.entries(rule).filter(isSet).sort(byKey))).sort(),
  );
  return JSON.stringify([rules, description, config[KEYS.owner]]);
}

function isSet([, value]: readonly [string, unknown]): boolean {
  return value !== "";
}

function byKey([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}
