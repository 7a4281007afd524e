import { WIDTH, type Family } from "./address.ts";
import { lastOf, type Network } from "./network.ts";

/** Addresses from the first to the last, as numbers. */
interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

const FAMILIES: readonly Family[] = [4, 6];

/**
 * The fewest networks that hold the same addresses as the given ones: none overlaps another, and no two could be one.
 *
 * @returns IPv4 first, each family in the order of addresses.
 */
export function merge(networks: readonly Network[]): readonly Network[] {
  return subtract(networks, []);
}

/**
 * The fewest networks that hold the addresses which are in `networks` and not in `exceptions`.
 *
 * @returns IPv4 first, each family in the order of addresses.
 */
export function subtract(networks: readonly Network[], exceptions: readonly Network[]): readonly Network[] {
  return FAMILIES.flatMap((family) => {
    const holes = rangesOf(exceptions, family);
    const left = rangesOf(networks, family).flatMap((range) => without(range, holes));
    return left.flatMap((range) => fewestNetworks(family, range));
  });
}

/** Ranges in order, with a gap between any two. */
function rangesOf(networks: readonly Network[], family: Family): readonly Range[] {
  const ranges = networks
    .filter((network) => network.family === family)
    .map((network) => ({ first: network.first, last: lastOf(network) }))
    .sort((left, right) => (left.first < right.first ? -1 : 1));
  const joined: Range[] = [];
  for (const range of ranges) {
    const before = joined.at(-1);
    if (!before || range.first > before.last + 1n) joined.push(range);
    else if (range.last > before.last) joined[joined.length - 1] = { first: before.first, last: range.last };
  }
  return joined;
}

function without({ first, last }: Range, holes: readonly Range[]): readonly Range[] {
  const inside = holes.filter((hole) => hole.first <= last && first <= hole.last);
  const starts = [first, ...inside.map((hole) => hole.last + 1n)];
  const ends = [...inside.map((hole) => hole.first - 1n), last];
  return starts.flatMap((start, index) => {
    const end = ends[index];
    return end !== undefined && start <= end ? [{ first: start, last: end }] : [];
  });
}

/** From the first address on, always the largest network that starts there and ends in the range. */
function fewestNetworks(family: Family, { first, last }: Range): readonly Network[] {
  const networks: Network[] = [];
  let start = first;
  while (start <= last) {
    let free = 0;
    while (free < WIDTH[family] && fits(start, last, free + 1)) free += 1;
    networks.push({ family, first: start, prefix: WIDTH[family] - free });
    start += 1n << BigInt(free);
  }
  return networks;
}

function fits(start: bigint, last: bigint, free: number): boolean {
  const size = 1n << BigInt(free);
  return start % size === 0n && start + size - 1n <= last;
}
