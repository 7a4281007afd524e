import { networkInterfaces } from "node:os";
import { renderAddress } from "../network/address.ts";
import { networkOf, overlaps, parseNetwork, renderNetwork, type Network } from "../network/network.ts";
import { ConditionError } from "charm-kit";
import { readRoutes } from "./routes.ts";

/** Every candidate subnet is in use on this machine. */
export class NoFreeSubnetError extends ConditionError {
  readonly code = "no-free-subnet";
  readonly remedy = "person";

  constructor() {
    super(
      "Cannot choose a subnet for the runners' bridge: every private /24 overlaps a network of this machine; remove a " +
        "route that covers them",
    );
  }
}

/** The configured subnet is in use on this machine. */
export class SubnetTakenError extends ConditionError {
  readonly code = "subnet-taken";
  readonly remedy = "person";

  constructor(wanted: Network, taken: Network) {
    super(
      `Cannot use runner-subnet for the runners' bridge: ${renderNetwork(wanted)} overlaps ${renderNetwork(taken)}, ` +
        "which this machine has; set another one, or none",
    );
  }
}

const PREFIX = 24;

/**
 * Private networks, from which subnets are chosen: the last ones in the order of their texts first. All are private for
 * Juju; `100.64.0.0/10` is not.
 */
const PRIVATE: readonly Network[] = ["192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8"]
  .map(parseNetwork)
  .filter((network) => network !== undefined);

/**
 * Chooses a /24 for the runners' bridge that overlaps none of the given networks. Pure.
 *
 * Juju sorts the addresses of a machine by their scope, and private ones as texts; the first one becomes the machine's
 * address, and the one that other applications are told. So the bridge gets the address that sorts last.
 *
 * @param taken networks in use, without default routes.
 * @returns the gateway's address with the prefix, such as `192.168.99.1/24`.
 * @throws {@link NoFreeSubnetError}
 */
export function chooseSubnet(taken: readonly Network[]): string {
  for (const range of PRIVATE) {
    const free = subnetsOf(range).find((subnet) => !taken.some((network) => overlaps(network, subnet)));
    if (free) return gatewayOf(free);
  }
  throw new NoFreeSubnetError();
}

/**
 * The configured subnet, as {@link chooseSubnet} returns it. Pure.
 *
 * @throws {@link SubnetTakenError}
 */
export function useSubnet(wanted: Network, taken: readonly Network[]): string {
  const found = taken.find((network) => overlaps(network, wanted));
  if (found) throw new SubnetTakenError(wanted, found);
  return gatewayOf(wanted);
}

/** The subnets of a range; the one whose text sorts last first. */
function subnetsOf(range: Network): readonly Network[] {
  const count = 2 ** (PREFIX - range.prefix);
  return Array.from({ length: count }, (_, index) =>
    networkOf({ family: 4, value: range.first + (BigInt(index) << 8n) }, PREFIX),
  )
    .map((network) => ({ network, text: gatewayOf(network) }))
    .sort((one, other) => (one.text < other.text ? 1 : -1))
    .map(({ network }) => network);
}

function gatewayOf({ first, prefix }: Network): string {
  return `${renderAddress({ family: 4, value: first + 1n })}/${prefix}`;
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
