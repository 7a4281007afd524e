import { isIPv4 } from "node:net";
import { parseNetwork, type Network } from "../../network/network.ts";
import { readNetworkList } from "../../network/read-network-list.ts";
import { checkedList, OptionFault } from "./option-reader.ts";

/** Parses IPv4 and IPv6 networks in CIDR notation. A single address is a network of one. */
export function parseNetworks(text: string): readonly Network[] {
  const { networks, faults } = readNetworkList(text);
  if (faults.length > 0) throw new OptionFault(faults.join(", "));
  return networks;
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
