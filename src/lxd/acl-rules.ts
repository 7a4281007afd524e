import { hostNetwork, parseNetwork, contains, renderNetwork, type Network } from "../network/network.ts";
import { merge, subtract } from "../network/network-sets.ts";
import type { Endpoint, FirewallRules } from "../unit/ports.ts";
import type { NetworkACLRule } from "lxd-client";

/** Link-local addresses: metadata services of clouds answer at some of them. */
const LINK_LOCAL = "169.254.0.0/16";

/** The loopback network, multicast and broadcast: what answers at these is the machine itself. */
const NO_SINGLE_HOST = ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32"];

/** Any IPv4 address. There is no such rule for IPv6, which leaves all of it to what the bridge does by default. */
const ANYWHERE = "0.0.0.0/0";

/**
 * The rules of what runners may reach, for a bridge that rejects what no rule names. Pure.
 *
 * LXD rejects before it allows, whatever the order of the rules; so an exception has to be taken out of the networks that
 * are rejected, and out of what is allowed but for its port.
 *
 * @param closed what no exception opens: addresses of the machine and networks of runners.
 */
export function egressRules(
  closed: readonly Network[],
  { denied, exceptions }: FirewallRules,
): readonly NetworkACLRule[] {
  const isDenied = ({ address }: Endpoint) => denied.some((network) => contains(network, address));
  const open = exceptions.filter(({ address }) => address.family === 4).filter(isDenied);
  const hosts = merge(open.map(({ address }) => hostNetwork(address)));
  const always = networks(NO_SINGLE_HOST);
  return [
    ...reject("this machine and all runners on it", merge([...closed, ...always])),
    ...reject("link-local addresses, metadata services among them", networks([LINK_LOCAL])),
    ...reject("denylist", subtract(denied, hosts)),
    ...allowEndpoints(open),
    ...rule("allow", "everything else", subtract(networks([ANYWHERE]), hosts)),
  ];
}

function reject(description: string, destination: readonly Network[]): readonly NetworkACLRule[] {
  return rule("reject", description, destination);
}

/** LXD refuses a rule without a subject. */
function rule(
  action: "allow" | "reject",
  description: string,
  destination: readonly Network[],
): readonly NetworkACLRule[] {
  const ipv4 = destination.filter(({ family }) => family === 4);
  if (ipv4.length === 0) return [];
  return [{ action, state: "enabled", description, destination: ipv4.map(renderNetwork).join(",") }];
}

/** A rule for each host, with its ports in order: LXD refuses a rule that it has already. */
function allowEndpoints(endpoints: readonly Endpoint[]): readonly NetworkACLRule[] {
  const portsByHost = new Map<string, Set<number>>();
  for (const { address, port } of endpoints) {
    const host = renderNetwork(hostNetwork(address));
    portsByHost.set(host, (portsByHost.get(host) ?? new Set<number>()).add(port));
  }
  const sorted = [...portsByHost].sort(([left], [right]) => (left < right ? -1 : 1));
  return sorted.map(([destination, ports]) => ({
    action: "allow",
    state: "enabled",
    description: "exception of the denylist",
    destination,
    protocol: "tcp",
    destination_port: [...ports].sort((left, right) => left - right).join(","),
  }));
}

function networks(texts: readonly string[]): readonly Network[] {
  return texts.map(parseNetwork).filter((network) => network !== undefined);
}
