import type { Address } from "../network/address.ts";
import { hostNetwork, parseNetwork, contains, renderNetwork, type Network } from "../network/network.ts";
import { merge, subtract } from "../network/network-sets.ts";
import type { Endpoint, FirewallRules } from "../unit/ports.ts";
import type { NetworkACLRule } from "lxd-client";

/** Link-local addresses, which include the clouds' metadata services. */
const LINK_LOCAL = "169.254.0.0/16";

/** The loopback network, multicast and broadcast, which the machine itself answers. */
const NO_SINGLE_HOST = ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32"];

/** Any IPv4 address. IPv6 has no such rule, so the bridge's default applies to all of it. */
const ANYWHERE = "0.0.0.0/0";

/**
 * The ACL rules for runners, on a bridge that rejects by default. Pure.
 *
 * LXD applies reject rules before allow rules, in any order. So an exception is removed from the rejected networks,
 * and its other ports are not allowed.
 *
 * @param closed networks that no exception opens: the machine's addresses and the runners' networks.
 * @param gateway the machine's address on the bridge, with the port that runners may reach. @default none
 */
export function egressRules(
  closed: readonly Network[],
  { denied, exceptions, machinePort }: FirewallRules,
  gateway?: Address,
): readonly NetworkACLRule[] {
  const isDenied = ({ address }: Endpoint) => denied.some((network) => contains(network, address));
  const open = exceptions.filter(({ address }) => address.family === 4).filter(isDenied);
  const own =
    machinePort === undefined || gateway === undefined ? [] : [{ address: gateway, port: machinePort }];
  const machine = own.map(({ address }) => hostNetwork(address));
  const hosts = merge([...open.map(({ address }) => hostNetwork(address)), ...machine]);
  const always = networks(NO_SINGLE_HOST);
  return [
    ...reject("this machine and all runners on it", merge(subtract([...closed, ...always], machine))),
    ...reject("link-local addresses, metadata services among them", networks([LINK_LOCAL])),
    ...reject("denylist", subtract(denied, hosts)),
    ...allowEndpoints("exception of the denylist", open),
    ...allowEndpoints("policy check of this machine", own),
    ...rule("allow", "everything else", subtract(networks([ANYWHERE]), hosts)),
  ];
}

function reject(description: string, destination: readonly Network[]): readonly NetworkACLRule[] {
  return rule("reject", description, destination);
}

/** LXD refuses a rule without subjects. */
function rule(
  action: "allow" | "reject",
  description: string,
  destination: readonly Network[],
): readonly NetworkACLRule[] {
  const ipv4 = destination.filter(({ family }) => family === 4);
  if (ipv4.length === 0) return [];
  return [{ action, state: "enabled", description, destination: ipv4.map(renderNetwork).join(",") }];
}

/** One rule for each host, with sorted ports, since LXD refuses duplicate rules. */
function allowEndpoints(description: string, endpoints: readonly Endpoint[]): readonly NetworkACLRule[] {
  const portsByHost = new Map<string, Set<number>>();
  for (const { address, port } of endpoints) {
    const host = renderNetwork(hostNetwork(address));
    portsByHost.set(host, (portsByHost.get(host) ?? new Set<number>()).add(port));
  }
  const sorted = [...portsByHost].sort(([left], [right]) => (left < right ? -1 : 1));
  return sorted.map(([destination, ports]) => ({
    action: "allow",
    state: "enabled",
    description,
    destination,
    protocol: "tcp",
    destination_port: [...ports].sort((left, right) => left - right).join(","),
  }));
}

function networks(texts: readonly string[]): readonly Network[] {
  return texts.map(parseNetwork).filter((network) => network !== undefined);
}
