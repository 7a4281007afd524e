import { parseAddress, renderAddress } from "./address.ts";
import { contains, lastOf, networkOf, type Network } from "./network.ts";

/** A port of a unit's bridge: the one instance behind it may use these addresses and no others. */
export interface BridgePort {
  /** Name of the network interface on the machine. */
  readonly name: string;
  /** MAC address of the instance. */
  readonly mac: string;
  /** IPv4 address of the instance. */
  readonly address: string;
}

/** More than any machine has runners. The rules for all of them must fit into one word of a command line. */
const MOST_PORTS = 500;
/** Of the bridge's name. With the number, a port's name has at most 15 characters, as Linux demands. */
const DIGITS = 7;
/** The prefix of LXD's own MAC addresses. */
const MAC_PREFIX = "00:16:3e";
/** The lower bits of a MAC address hold the port's number, the others some of the bridge's name. */
const NUMBER_BITS = 9n;

/**
 * All ports of a bridge. Name and addresses follow from the bridge alone, so that the kernel's rules for
 * all runners can be loaded once, before any of them exists. Pure.
 *
 * @param bridge name of the bridge, which ends with hexadecimal digits.
 * @param subnet the gateway's address with the prefix, such as `192.168.99.1/24`.
 */
export function bridgePorts(bridge: string, subnet: string): readonly BridgePort[] {
  const { network, gateway } = subnetOf(subnet);
  const size = Number(lastOf(network) - network.first);
  const reserved = new Set([gateway, lastOf(network) - 1n]);
  const numbers = Array.from({ length: Math.min(size - 1, MOST_PORTS) }, (_, index) => index + 1);
  return numbers
    .filter((number) => !reserved.has(network.first + BigInt(number)))
    .map((number) => ({
      name: `${portPrefix(bridge)}${number}`,
      mac: macOf(bridge, number),
      address: renderAddress({ family: 4, value: network.first + BigInt(number) }),
    }));
}

/** The start of the names of a bridge's ports, which no other interface has. */
export function portPrefix(bridge: string): string {
  return `ghp${digitsOf(bridge).slice(0, DIGITS)}-`;
}

/**
 * The range of the DHCP server for devices without an address of their own: a single address, which no port has. The
 * server needs a range in the subnet to answer at all.
 */
export function spareRange(subnet: string): string {
  const { network } = subnetOf(subnet);
  const address = renderAddress({ family: 4, value: lastOf(network) - 1n });
  return `${address}-${address}`;
}

function subnetOf(subnet: string): { readonly network: Network; readonly gateway: bigint } {
  const [addressText = "", prefix = ""] = subnet.split("/");
  const address = parseAddress(addressText);
  if (address?.family !== 4 || prefix === "") throw new TypeError(`No IPv4 subnet: '${subnet}'`);
  const network = networkOf(address, Number(prefix));
  return { network, gateway: contains(network, address) ? address.value : network.first };
}

function macOf(bridge: string, number: number): string {
  const upper = BigInt(`0x${digitsOf(bridge)}`) % (1n << (24n - NUMBER_BITS));
  const digits = ((upper << NUMBER_BITS) + BigInt(number)).toString(16).padStart(6, "0");
  return [MAC_PREFIX, ...(digits.match(/../g) ?? [])].join(":");
}

function digitsOf(bridge: string): string {
  return /[0-9a-f]+$/.exec(bridge)?.[0] ?? "0";
}
