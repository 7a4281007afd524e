import { WIDTH, parseAddress } from "./address.ts";
import { parseNetwork, renderNetwork, type Network } from "./network.ts";

/** A parsed list of networks. */
export interface NetworkList {
  /** In the order of the list. */
  readonly networks: readonly Network[];
  /** Invalid entries with their errors; the first ones if there are many. */
  readonly faults: readonly string[];
}

/** Most characters of an entry that an error repeats. */
const LONGEST_QUOTE = 60;
/** Most entries that an error names. */
const MOST_FAULTS = 10;

/**
 * Parses comma-separated networks: addresses with a prefix, such as `10.0.0.0/8` or
 * `fd00::/8`, or single addresses. Ignores empty entries. Pure.
 */
export function readNetworkList(text: string): NetworkList {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter(Boolean)
    .map((entry) => ({ network: parseNetwork(entry), fault: faultOf(entry) }));
  return {
    networks: entries.flatMap(({ network, fault }) => (network && fault === undefined ? [network] : [])),
    faults: shortened(entries.flatMap(({ fault }) => (fault === undefined ? [] : [fault]))),
  };
}

function shortened(faults: readonly string[]): readonly string[] {
  if (faults.length <= MOST_FAULTS) return faults;
  return [...faults.slice(0, MOST_FAULTS), `and ${faults.length - MOST_FAULTS} more are wrong`];
}

function faultOf(entry: string): string | undefined {
  const quoted = JSON.stringify(
    entry.length > LONGEST_QUOTE ? `${entry.slice(0, LONGEST_QUOTE - 1)}…` : entry,
  );
  const [addressText = "", ...prefixes] = entry.split("/");
  const address = parseAddress(addressText);
  if (!address) return `${quoted} is not an IPv4 or IPv6 address`;
  const network = parseNetwork(entry);
  if (!network) {
    const width = addressText.includes(":") ? WIDTH[6] : WIDTH[4];
    return `${quoted} has no prefix of 0 to ${width}`;
  }
  // Either the address or the prefix is wrong, and guessing could deny too much.
  if (prefixes.length > 0 && contradicts(network, addressText)) {
    return `${quoted} is an address inside of ${renderNetwork(network)}`;
  }
  return undefined;
}

/** Whether the address has bits set beyond the prefix. */
function contradicts({ family, first }: Network, addressText: string): boolean {
  const address = parseAddress(addressText);
  return address?.family === family && address.value !== first;
}
