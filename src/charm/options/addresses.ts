import { isIPv4 } from "node:net";
import { contains, parseNetwork, type Network } from "../../network/network.ts";
import { readNetworkList } from "../../network/read-network-list.ts";
import { checkedList, OptionFault } from "./option-reader.ts";

/** Parses IPv4 and IPv6 networks in CIDR notation. A single address is a network of one. */
export function parseNetworks(text: string): readonly Network[] {
  const { networks, faults } = readNetworkList(text);
  if (faults.length > 0) throw new OptionFault(faults.join(", "));
  return networks;
}

const PRIVATE = parseNetworks("10.0.0.0/8,172.16.0.0/12,192.168.0.0/16");
const SHORTEST_PREFIX = 16;
const LONGEST_PREFIX = 28;

/** Parses the network of the runners' bridge. Juju takes addresses outside of the private networks for public ones. */
export function parseSubnet(text: string): Network {
  const [network, ...others] = parseNetworks(text);
  if (network?.family !== 4 || others.length > 0) throw new OptionFault("not one IPv4 network");
  const { prefix } = network;
  if (prefix < SHORTEST_PREFIX || prefix > LONGEST_PREFIX)
    throw new OptionFault(`a network with prefix ${prefix}`);
  if (!PRIVATE.some((range) => contains(range, network))) throw new OptionFault("not a private network");
  return network;
}

/** Parses the addresses, ranges and networks that bypass the transparent proxy. */
export function parseAproxyAddresses(text: string): readonly string[] {
  return checkedList(text, (item) => isIPv4Range(item) || isIPv4Network(item), [
    "IPv4 address",
    "IPv4 addresses",
  ]);
}

/** Parses the ports that the transparent proxy redirects. */
export function parsePorts(text: string): readonly string[] {
  return checkedList(text, isPortRange, ["port", "ports"]);
}

function isIPv4Network(text: string): boolean {
  return !text.includes(":") && parseNetwork(text) !== undefined;
}

function isIPv4Range(text: string): boolean {
  const [first = "", last = "", ...more] = text.split("-");
  return isIPv4(first) && isIPv4(last) && more.length === 0 && numberOf(first) <= numberOf(last);
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

function isPortRange(text: string): boolean {
  const [, first = "", last = first] = /^([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(text) ?? [];
  return first !== "" && Number(first) >= 1 && Number(first) <= Number(last) && Number(last) <= 65_535;
}
