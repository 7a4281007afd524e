import { readFile } from "node:fs/promises";
import { networkOf, type Network } from "../network/network.ts";

/** An IPv4 route of the machine. */
export interface Route {
  /** Name of the interface. */
  readonly by: string;
  readonly network: Network;
}

/** The machine's routing table without default routes. */
export async function readRoutes(): Promise<readonly Route[]> {
  return parseRoutes(await readFile("/proc/net/route", "utf8"));
}

/** Networks with a route through interfaces with these names. */
export async function networksBehind(names: RegExp): Promise<readonly Network[]> {
  return (await readRoutes()).filter(({ by }) => names.test(by)).map(({ network }) => network);
}

/** Parses `/proc/net/route`: hexadecimal addresses in the machine's byte order, which is little-endian here. */
export function parseRoutes(table: string): readonly Route[] {
  return table
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"))
    .map(([by = "", destination = "", , , , , , mask = ""]) => ({
      by,
      network: networkOf(
        { family: 4, value: BigInt(littleEndian(destination)) },
        countBits(littleEndian(mask)),
      ),
    }))
    .filter(({ network }) => network.prefix > 0);
}

function littleEndian(hex: string): number {
  return Buffer.from(hex, "hex").readUInt32LE();
}

function countBits(mask: number): number {
  return mask.toString(2).replaceAll("0", "").length;
}
