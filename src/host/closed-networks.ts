import type { Network } from "../network/network.ts";
import { localAddresses } from "./local-addresses.ts";
import { networksBehind } from "./routes.ts";

/**
 * What no runner may reach: every address of this machine, and the networks of runners.
 *
 * @param bridges the names of their bridges.
 */
export async function closedNetworks(bridges: RegExp): Promise<readonly Network[]> {
  return (await Promise.all([localAddresses(), networksBehind(bridges)])).flat();
}
