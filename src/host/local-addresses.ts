import { readFile } from "node:fs/promises";
import { parseNetwork, type Network } from "../network/network.ts";

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
