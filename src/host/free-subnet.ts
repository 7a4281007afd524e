import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { CharmError } from "../support/errors.ts";

/** An IPv4 network: its first address as a number, and how many leading bits are fixed. */
export interface Network {
  readonly address: number;
  readonly prefix: number;
}

/** Every private network that may be taken is in use on this machine. */
export class NoFreeSubnetError extends CharmError {
  readonly code = "no-free-subnet";

  constructor() {
    super(
      "Cannot choose a subnet for the runners' bridge: every /24 of 10.0.0.0/8 overlaps a network of this machine",
    );
  }
}

const CANDIDATES = 2 ** 16;
const TEN = 10 * 2 ** 24;
/** Odd, so that the walk visits every candidate; large, so that neighbours are far apart. */
const STRIDE = 40503;

/**
 * Chooses a /24 of 10.0.0.0/8 that overlaps none of the given networks. Pure.
 *
 * @param taken networks that are in use; a default route is not one.
 * @param seed where the search starts; the same seed gives the same answer on the same machine.
 * @returns the gateway's address with the prefix, such as `10.83.12.1/24`.
 * @throws {@link NoFreeSubnetError}
 */
export function chooseSubnet(taken: readonly Network[], seed: number): string {
  for (let step = 0; step < CANDIDATES; step += 1) {
    const candidate = { address: TEN + ((seed + step * STRIDE) % CANDIDATES) * 256, prefix: 24 };
    if (!taken.some((network) => overlap(network, candidate))) return `${render(candidate.address + 1)}/24`;
  }
  throw new NoFreeSubnetError();
}

/** Networks of this machine's interfaces and of its routing table. */
export async function networksOfHost(): Promise<readonly Network[]> {
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const own = interfaces.flatMap(({ family, cidr }) =>
    family === "IPv4" && cidr ? [parseNetwork(cidr)] : [],
  );
  return [...own, ...parseRoutes(await readFile("/proc/net/route", "utf8"))];
}

/** @param cidr such as `10.0.0.1/24`. */
export function parseNetwork(cidr: string): Network {
  const [text = "", prefix = "32"] = cidr.split("/");
  const address = text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return { address, prefix: Number(prefix) };
}

/** Reads `/proc/net/route`: addresses in hexadecimal, in the byte order of the machine, little-endian on ours. */
export function parseRoutes(table: string): readonly Network[] {
  return table
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"))
    .map(([, destination = "", , , , , , mask = ""]) => ({
      address: littleEndian(destination),
      prefix: countBits(littleEndian(mask)),
    }))
    .filter(({ prefix }) => prefix > 0);
}

function littleEndian(hex: string): number {
  return Buffer.from(hex, "hex").readUInt32LE();
}

function countBits(mask: number): number {
  return mask.toString(2).replaceAll("0", "").length;
}

function overlap(left: Network, right: Network): boolean {
  const shared = 2 ** (32 - Math.min(left.prefix, right.prefix));
  return Math.floor(left.address / shared) === Math.floor(right.address / shared);
}

function render(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
