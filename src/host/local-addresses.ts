import { readFile } from "node:fs/promises";
import { parseNetwork, type Network } from "../network/network.ts";

/**
 * Every IPv4 address at which this machine itself answers, as networks: those of all interfaces, also of such as have no
 * link, and their broadcast addresses. They are the kernel's own record, the routing table `local`.
 */
export async function localAddresses(): Promise<readonly Network[]> {
  return parseLocalAddresses(await readFile("/proc/net/fib_trie", "utf8"));
}

/** Reads `/proc/net/fib_trie`: a line with an address, and below it one for each prefix with scope and type. */
export function parseLocalAddresses(table: string): readonly Network[] {
  const found = new Map<string, Network>();
  let address = "";
  for (const line of table.split("\n")) {
    address = /\|-- (\S+)/.exec(line)?.[1] ?? address;
    const prefix = /^\s+\/(\d+) \S+ (?:LOCAL|BROADCAST)\b/.exec(line)?.[1];
    const network = prefix === undefined ? undefined : parseNetwork(`${address}/${prefix}`);
    // Each table has all that the kernel merged into its tree.
    if (network) found.set(`${address}/${prefix}`, network);
  }
  return [...found.values()];
}
