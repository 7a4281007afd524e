import { isIPv4, isIPv6 } from "node:net";

/** Version of the Internet Protocol. */
export type Family = 4 | 6;

/** An IP address, as a number. */
export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** Number of bits in an address. */
export const WIDTH: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };

/** `::ffff:0:0/96`: IPv4 addresses in the notation of IPv6-only programs. No packet carries them. */
const MAPPED = 0xffffn;
const IPV4_BITS = 32n;

/**
 * Parses an address. An IPv4-mapped address, such as `::ffff:10.0.0.1`, becomes the IPv4 address.
 *
 * @returns undefined for any other text, such as an IPv4 address with leading zeros or an IPv6 address with a zone.
 */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: 4, value: parseIPv4(text) };
  if (!isIPv6(text) || text.includes("%")) return undefined;
  return unmapped({ family: 6, value: parseIPv6(text) });
}

/** Renders an address; IPv6 in the form of RFC 5952. */
export function renderAddress({ family, value }: Address): string {
  return family === 4 ? renderIPv4(value) : renderIPv6(value);
}

function unmapped(address: Address): Address {
  if (address.value >> IPV4_BITS !== MAPPED) return address;
  return { family: 4, value: BigInt.asUintN(Number(IPV4_BITS), address.value) };
}

function parseIPv4(text: string): bigint {
  return text.split(".").reduce((sum, part) => (sum << 8n) + BigInt(part), 0n);
}

function parseIPv6(text: string): bigint {
  const [head = "", tail] = text.split("::");
  const left = groupsOf(head);
  if (tail === undefined) return joinGroups(left);
  const right = groupsOf(tail);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0n);
  return joinGroups([...left, ...zeros, ...right]);
}

/** Groups of 16 bits; the last two may be written as an IPv4 address. */
function groupsOf(text: string): readonly bigint[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [BigInt(`0x${group}`)];
    const value = parseIPv4(group);
    return [value >> 16n, value & 0xffffn];
  });
}

function joinGroups(groups: readonly bigint[]): bigint {
  return groups.reduce((sum, group) => (sum << 16n) + group, 0n);
}

function renderIPv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join(".");
}

function renderIPv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => (value >> BigInt(112 - 16 * index)) & 0xffffn);
  const words = groups.map((group) => group.toString(16));
  const { start, length } = longestZeros(groups);
  if (length < 2) return words.join(":");
  return `${words.slice(0, start).join(":")}::${words.slice(start + length).join(":")}`;
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly bigint[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, index) => {
    if (group !== 0n) start = index + 1;
    else if (index + 1 - start > longest.length) longest = { start, length: index + 1 - start };
  });
  return longest;
}
