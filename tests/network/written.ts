import { parseAddress, type Address } from "../../src/network/address.ts";
import { parseNetwork, type Network } from "../../src/network/network.ts";

/** An address as a test writes it. */
export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`The test names no address: ${text}`);
  return parsed;
}

/** A network as a test writes it. */
export function network(text: string): Network {
  const parsed = parseNetwork(text);
  if (!parsed) throw new Error(`The test names no network: ${text}`);
  return parsed;
}

/** Networks as a test writes them. */
export function networks(...texts: readonly string[]): readonly Network[] {
  return texts.map(network);
}
