import type { Network } from "../network/network.ts";
import type { Firewall, FirewallRules } from "../unit/ports.ts";
import { absentAsUndefined } from "./absent.ts";
import { egressRules } from "./acl-rules.ts";
import type { Config, LxdClient, Network as Bridge, NetworkACLSettings } from "lxd-client";
import { FirewallUnsupportedError } from "./errors.ts";
import { describeOwner, type Owner } from "./ownership.ts";

/** The packet filter of this machine's kernel. */
export interface PacketFilter {
  /**
   * Refuses what comes over a bridge and is for the machine itself, but DHCP and DNS at the gateway. Safe to repeat.
   *
   * @param gateway the machine's IPv4 address on the bridge.
   */
  closeHost(bridge: string, gateway: string, signal: AbortSignal): Promise<void>;
  /** Takes the rules of {@link PacketFilter.closeHost} away; where there are none, it is done. */
  openHost(signal: AbortSignal): Promise<void>;
  /** Tells whether LXD's rules for a bridge are in the kernel: a flush of all rules takes them, and LXD sees none of it. */
  hasRulesOf(bridge: string, signal: AbortSignal): Promise<boolean>;
}

export interface LxdFirewallOptions {
  readonly client: LxdClient;
  readonly owner: Owner;
  /** Name of the ACL. */
  readonly name: string;
  /** Name of the unit's bridge. */
  readonly bridge: string;
  /** Reads what no exception opens: every address of the machine, and the networks of all units' bridges. */
  readonly closedNetworks: () => Promise<readonly Network[]>;
  readonly packetFilter: PacketFilter;
}

/** What no rule names goes nowhere; answers to what a rule allowed come back all the same. */
const DEFAULTS: Config = {
  "security.acls.default.egress.action": "reject",
  "security.acls.default.ingress.action": "reject",
};

/**
 * An ACL on the unit's bridge, and a rule in the kernel that closes the machine itself.
 *
 * An ACL alone cannot do the latter. It names addresses, and the machine may have others a minute later; it judges
 * packets after ports that Docker or LXD publish were translated, when they bear the address of a container; and LXD lets
 * DNS pass before it, to every address of the machine.
 */
export class LxdFirewall implements Firewall {
  readonly #options: LxdFirewallOptions;

  constructor(options: LxdFirewallOptions) {
    this.#options = options;
  }

  async ensure(rules: FirewallRules, signal: AbortSignal): Promise<void> {
    const { client, bridge, name, packetFilter, closedNetworks } = this.#options;
    const [ours, acl, closed] = await Promise.all([
      absentAsUndefined(client.networks.get(bridge, signal)),
      absentAsUndefined(client.networkACLs.getTagged(name, signal)),
      closedNetworks(),
    ]);
    // Without its bridge no runner can start.
    if (!ours) return;
    const [, isInKernel] = await Promise.all([
      packetFilter.closeHost(bridge, gatewayOf(ours), signal),
      this.#isInKernel(ours, signal),
    ]);
    // LXD fails to change the rules of a bridge that are not there; it makes them anew when it takes the ACL on again.
    if (!isInKernel) await this.#configureBridge(withoutACL, signal);
    const settings = {
      egress: egressRules(closed, rules),
      ingress: [],
      config: {},
      description: describeOwner(this.#options.owner),
    };
    if (!acl) await this.#create(settings, signal);
    else if (!isSame(acl.value, settings)) {
      await client.networkACLs.put(name, settings, acl.etag, signal);
    }
    if (isInKernel && isGuarded(ours, name)) return;
    await this.#configureBridge((config) => ({ ...config, ...guard(name) }), signal);
  }

  async remove(signal: AbortSignal): Promise<void> {
    const { client, name, packetFilter } = this.#options;
    await this.#configureBridge(withoutACL, signal);
    await client.networkACLs.delete(name, signal);
    await packetFilter.openHost(signal);
  }

  /** Rules that the bridge is not to have yet are not missing. */
  async #isInKernel(bridge: Bridge, signal: AbortSignal): Promise<boolean> {
    const { client, name, packetFilter } = this.#options;
    if (!isGuarded(bridge, name) || (await packetFilter.hasRulesOf(bridge.name, signal))) return true;
    const { firewall } = await client.server.info(signal);
    return firewall !== "nftables";
  }

  async #create(settings: NetworkACLSettings, signal: AbortSignal): Promise<void> {
    const { client, name } = this.#options;
    const info = await client.server.info(signal);
    if (!info.supports("network_bridge_acl")) throw new FirewallUnsupportedError();
    await client.networkACLs.create({ name, ...settings }, signal);
  }

  /** Changes the bridge's configuration, if it is there and the change is one. */
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

function isGuarded({ config }: Bridge, acl: string): boolean {
  return Object.entries(guard(acl)).every(([key, value]) => config[key] === value);
}

function withoutACL(config: Config): Config {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !key.startsWith("security.acls")));
}

function gatewayOf({ config }: Bridge): string {
  return (config["ipv4.address"] ?? "").replace(/\/.*/, "");
}

/** Compares what the unit sets; of keys, LXD answers only those that are set, in an order of its own. */
function isSame(left: NetworkACLSettings, right: NetworkACLSettings): boolean {
  return fingerprint(left) === fingerprint(right);
}

function fingerprint({ egress, ingress, description }: NetworkACLSettings): string {
  const rules = [egress, ingress].map((list) =>
    list.map((rule) => JSON.stringify(Object.entries(rule).filter(isSet).sort(byKey))).sort(),
  );
  return JSON.stringify([rules, description]);
}

function isSet([, value]: readonly [string, unknown]): boolean {
  return value !== "";
}

function byKey([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}
