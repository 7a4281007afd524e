import type { Network } from "../network/network.ts";
import { localAddresses } from "./local-addresses.ts";
import { networksBehind } from "./routes.ts";

/**
 * Networks that no runner may reach: every address of this machine, and all runner networks.
 *
 * @param bridges matches the names of the runners' bridges.
 */
export async function closedNetworks(bridges: RegExp): Promise<readonly Network[]> {
  return (await Promise.all([localAddresses(), networksBehind(bridges)])).flat();
}
