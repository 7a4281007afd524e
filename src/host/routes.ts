import { readFile } from "node:fs/promises";
import { networkOf, type Network } from "../network/network.ts";

/** An IPv4 network that the machine reaches by one of its interfaces. */
export interface Route {
  /** Name of the interface. */
  readonly by: string;
  readonly network: Network;
}

/** The machine's routing table, but for default routes. */
export async function readRoutes(): Promise<readonly Route[]> {
  return parseRoutes(await readFile("/proc/net/route", "utf8"));
}

/** Networks that the machine reaches by interfaces of such names. */
export async function networksBehind(names: RegExp): Promise<readonly Network[]> {
  return (await readRoutes()).filter(({ by }) => names.test(by)).map(({ network }) => network);
}

/** Reads `/proc/net/route`: addresses in hexadecimal, in the byte order of the machine, little-endian on ours. */
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
