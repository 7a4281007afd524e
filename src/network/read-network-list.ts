import { WIDTH, parseAddress } from "./address.ts";
import { parseNetwork, renderNetwork, type Network } from "./network.ts";

/** What a list of networks says. */
export interface NetworkList {
  /** In the order in which they stand. */
  readonly networks: readonly Network[];
  /** For each entry that is no network, the entry and what is wrong with it. */
  readonly faults: readonly string[];
}

/** Longest part of an entry that a fault repeats. */
const LONGEST_QUOTE = 60;

/**
 * Reads networks as a person writes them, separated by commas: an address with a prefix, such as `10.0.0.0/8` or
 * `fd00::/8`, or an address alone. Empty entries are passed over. Pure.
 */
export function readNetworkList(text: string): NetworkList {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter(Boolean)
    .map((entry) => ({ network: parseNetwork(entry), fault: faultOf(entry) }));
  return {
    networks: entries.flatMap(({ network, fault }) => (network && fault === undefined ? [network] : [])),
    faults: entries.flatMap(({ fault }) => (fault === undefined ? [] : [fault])),
  };
}

function faultOf(entry: string): string | undefined {
  const quoted = JSON.stringify(
    entry.length > LONGEST_QUOTE ? `${entry.slice(0, LONGEST_QUOTE - 1)}…` : entry,
  );
  const [addressText = "", ...prefixes] = entry.split("/");
  const address = parseAddress(addressText);
  if (!address) return `${quoted} is no IPv4 or IPv6 address`;
  const network = parseNetwork(entry);
  if (!network) {
    const width = addressText.includes(":") ? WIDTH[6] : WIDTH[4];
    return `${quoted} has no prefix of 0 to ${width}`;
  }
  // Whether the address or the prefix is the mistake is not to be guessed: one of them denies too much.
  if (prefixes.length > 0 && contradicts(network, addressText)) {
    return `${quoted} is an address inside of ${renderNetwork(network)}`;
  }
  return undefined;
}

/** Tells whether the address has bits where the network has none fixed. */
function contradicts({ family, first }: Network, addressText: string): boolean {
  const address = parseAddress(addressText);
  return address?.family === family && address.value !== first;
}
