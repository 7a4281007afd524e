import { WIDTH, type Family } from "./address.ts";
import { lastOf, type Network } from "./network.ts";

/** A range of addresses, as numbers, both ends included. */
interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

const FAMILIES: readonly Family[] = [4, 6];

/**
 * Merges networks into the fewest networks with the same addresses, without overlaps.
 *
 * @returns IPv4 first, each family sorted by address.
 */
export function merge(networks: readonly Network[]): readonly Network[] {
  return subtract(networks, []);
}

/**
 * The fewest networks with the addresses of `networks` that are not in `exceptions`.
 *
 * @returns IPv4 first, each family sorted by address.
 */
export function subtract(networks: readonly Network[], exceptions: readonly Network[]): readonly Network[] {
  return FAMILIES.flatMap((family) => {
    const holes = rangesOf(exceptions, family);
    const left = rangesOf(networks, family).flatMap((range) => without(range, holes));
    return left.flatMap((range) => fewestNetworks(family, range));
  });
}

/** Sorted ranges with gaps between them. */
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

/** Splits a range greedily: each network is the largest that starts at the next address and fits. */
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
