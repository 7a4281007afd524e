import { networkInterfaces } from "node:os";
import { renderAddress } from "../network/address.ts";
import { contains, networkOf, parseNetwork, type Network } from "../network/network.ts";
import { subtract } from "../network/network-sets.ts";
import { ConditionError } from "charm-kit";
import { readRoutes } from "./routes.ts";

/** Every candidate subnet is in use on this machine. */
export class NoFreeSubnetError extends ConditionError {
  readonly code = "no-free-subnet";
  readonly remedy = "person";

  constructor() {
    super(
      "Cannot choose a subnet for the runners' bridge: every /24 of 10.0.0.0/8 overlaps a network of this machine; remove a route that covers them",
    );
  }
}

const CANDIDATES = 2 ** 16;
const TEN = networkOf({ family: 4, value: 10n << 24n }, 8);
const PREFIX = 24;
/** Odd, so that the search visits every candidate; large, so that consecutive ones are far apart. */
const STRIDE = 40503;

/**
 * Chooses a /24 of 10.0.0.0/8 that overlaps none of the given networks. Pure.
 *
 * @param taken networks in use, without default routes.
 * @param seed start of the search. The same seed returns the same subnet on the same machine.
 * @returns the gateway's address with the prefix, such as `10.83.12.1/24`.
 * @throws {@link NoFreeSubnetError}
 */
export function chooseSubnet(taken: readonly Network[], seed: number): string {
  const whole = taken.map(({ family, first, prefix }) =>
    networkOf({ family, value: first }, family === 4 ? Math.min(prefix, PREFIX) : prefix),
  );
  const free = subtract([TEN], whole);
  for (let step = 0; step < CANDIDATES; step += 1) {
    const value = TEN.first + (BigInt((seed + step * STRIDE) % CANDIDATES) << 8n);
    if (free.some((network) => contains(network, { family: 4, value }))) {
      return `${renderAddress({ family: 4, value: value + 1n })}/${PREFIX}`;
    }
  }
  throw new NoFreeSubnetError();
}

/** IPv4 networks of this machine's interfaces and routes. */
export async function networksOfHost(): Promise<readonly Network[]> {
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const own = interfaces.map(({ cidr }) => parseNetwork(cidr ?? ""));
  return [
    ...own.filter((network): network is Network => network?.family === 4),
    ...(await readRoutes()).map(({ network }) => network),
  ];
}
