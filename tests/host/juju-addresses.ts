import { networks } from "../network/written.ts";
import { parseAddress } from "../../src/network/address.ts";
import { contains } from "../../src/network/network.ts";

/**
 * How Juju chooses among the IPv4 addresses of a machine, as `core/network/address.go` has it: 4.x sorts by scope, then
 * addresses that the cloud knows before others, then by text; 3.6 the same without the cloud.
 */
export interface JujuAddress {
  readonly value: string;
  /** Who told it: the cloud, or the agent on the machine. */
  readonly origin: "provider" | "machine";
}

type Scope = "public" | "cloud" | "fan" | "machine" | "link";

const SCOPES: readonly (readonly [Scope, ReturnType<typeof networks>])[] = [
  ["machine", networks("127.0.0.0/8")],
  ["cloud", networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")],
  ["fan", networks("240.0.0.0/4")],
  ["link", networks("169.254.0.0/16")],
];
const RANKS: Readonly<Record<Scope, number>> = { public: 0, cloud: 30, fan: 50, machine: 70, link: 90 };

function scopeOf(value: string): Scope {
  const address = parseAddress(value);
  if (!address) throw new Error(`The test names no address: ${value}`);
  return SCOPES.find(([, within]) => within.some((network) => contains(network, address)))?.[0] ?? "public";
}

/** All addresses, those that Juju prefers first; the first one is the `ingress-address`. */
export function sortAsJuju(addresses: readonly JujuAddress[], version: "3.6" | "4.0"): readonly string[] {
  const origin = (address: JujuAddress) => (version === "4.0" && address.origin === "machine" ? 1 : 0);
  return [...addresses]
    .sort(
      (one, other) =>
        RANKS[scopeOf(one.value)] - RANKS[scopeOf(other.value)] ||
        origin(one) - origin(other) ||
        (one.value < other.value ? -1 : 1),
    )
    .map(({ value }) => value);
}

/** The machine's public address: a public one, else a private one. */
export function publicAddress(sorted: readonly string[]): string | undefined {
  return firstOf(sorted, ["public", "cloud", "fan"]);
}

/** The machine's private address: a private one, else a public one. */
export function privateAddress(sorted: readonly string[]): string | undefined {
  return firstOf(sorted, ["cloud", "fan", "public"]);
}

function firstOf(sorted: readonly string[], scopes: readonly Scope[]): string | undefined {
  return scopes
    .map((scope) => sorted.find((value) => scopeOf(value) === scope))
    .find((value) => value !== undefined);
}
