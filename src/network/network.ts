import { parseAddress, renderAddress, WIDTH, type Address, type Family } from "./address.ts";

/** A network: addresses with the same leading bits. */
export interface Network {
  readonly family: Family;
  /** Its first address, as a number. */
  readonly first: bigint;
  /** Number of leading bits. */
  readonly prefix: number;
}

/** The network with this prefix that contains an address. */
export function networkOf({ family, value }: Address, prefix: number): Network {
  const free = BigInt(WIDTH[family] - prefix);
  return { family, first: (value >> free) << free, prefix };
}

/** The network that contains only this address. */
export function hostNetwork(address: Address): Network {
  return networkOf(address, WIDTH[address.family]);
}

/**
 * Parses an address with a prefix, such as `10.0.0.1/24`, as its network, and a single address as a network of one.
 * IPv4-mapped IPv6 becomes IPv4 if the whole network is IPv4-mapped.
 *
 * @returns undefined for any other text.
 */
export function parseNetwork(text: string): Network | undefined {
  const [addressText = "", prefixText, ...rest] = text.split("/");
  const address = parseAddress(addressText);
  if (!address || rest.length > 0) return undefined;
  if (prefixText === undefined) return hostNetwork(address);
  if (!/^(0|[1-9]\d{0,2})$/.test(prefixText)) return undefined;
  const prefix = Number(prefixText);
  if (address.family === 4 && addressText.includes(":")) return mappedNetwork(address, prefix);
  return prefix <= WIDTH[address.family] ? networkOf(address, prefix) : undefined;
}

/** Renders a network as an address and a prefix. */
export function renderNetwork({ family, first, prefix }: Network): string {
  return `${renderAddress({ family, value: first })}/${prefix}`;
}

/** The last address of a network, as a number. */
export function lastOf({ family, first, prefix }: Network): bigint {
  return first + (1n << BigInt(WIDTH[family] - prefix)) - 1n;
}

/** Whether a network contains an address or a whole other network. */
export function contains(outer: Network, inner: Network | Address): boolean {
  if (outer.family !== inner.family) return false;
  const network = "value" in inner ? hostNetwork(inner) : inner;
  return outer.first <= network.first && lastOf(network) <= lastOf(outer);
}

/** Whether two networks overlap. */
export function overlaps(left: Network, right: Network): boolean {
  return contains(left, right) || contains(right, left);
}

const MAPPED_PREFIX = WIDTH[6] - WIDTH[4];

function mappedNetwork(address: Address, prefix: number): Network | undefined {
  if (prefix > WIDTH[6]) return undefined;
  if (prefix >= MAPPED_PREFIX) return networkOf(address, prefix - MAPPED_PREFIX);
  return networkOf({ family: 6, value: (0xffffn << BigInt(WIDTH[4])) + address.value }, prefix);
}

/** The gateway's address in a bridge's subnet such as `192.168.99.1/24`, as LXD writes it; empty for an empty one. Pure. */
export function gatewayOf(subnet: string): string {
  return subnet.replace(/\/.*/, "");
}
