import { readFile } from "node:fs/promises";
import { type Network, parseNetwork } from "../network/network.ts";
import { networksBehind } from "./routes.ts";

/**
 * Every local IPv4 address of this machine, as networks: those of all interfaces, even without a
 * link, and their broadcast addresses. Read from the kernel's routing table `local`.
 */
export async function localAddresses(): Promise<readonly Network[]> {
  return parseLocalAddresses(await readFile("/proc/net/fib_trie", "utf8"));
}

/** Parses `/proc/net/fib_trie`: a line with an address, followed by one for each prefix with scope and type. */
export function parseLocalAddresses(table: string): readonly Network[] {
  const found = new Map<string, Network>();
  let address = "";
  for (const line of table.split("\n")) {
    address = /\|-- (\S+)/.exec(line)?.[1] ?? address;
    const prefix = /^\s+\/(\d+) \S+ (?:LOCAL|BROADCAST)\b/.exec(line)?.[1];
    const network = prefix === undefined ? undefined : parseNetwork(`${address}/${prefix}`);
    // Each table contains everything that the kernel merged into its trie.
    if (network) found.set(`${address}/${prefix}`, network);
  }
  return [...found.values()];
}

/**
 * Networks that no runner may reach: every address of this machine, and all runner networks.
 *
 * @param bridges matches the names of the runners' bridges.
 */
export async function closedNetworks(bridges: RegExp): Promise<readonly Network[]> {
  return (await Promise.all([localAddresses(), networksBehind(bridges)])).flat();
}
