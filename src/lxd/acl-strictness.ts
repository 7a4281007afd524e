import type { NetworkACLRule } from "lxd-client";
import { parseNetwork, type Network } from "../network/network.ts";
import { subtract } from "../network/network-sets.ts";

/** What of an ACL decides about packets. */
export interface ACLRules {
  readonly egress: readonly NetworkACLRule[];
  readonly ingress: readonly NetworkACLRule[];
}

/**
 * Whether present rules let nothing through that wanted ones refuse, on a bridge that rejects by default. Pure.
 *
 * LXD applies reject rules before allow rules. A present rule that cannot be compared counts as one that refuses nothing, or
 * that allows too much.
 */
export function isNoLooser(present: ACLRules, wanted: ACLRules): boolean {
  if (present.ingress.some(allows)) return false;
  const refused = present.egress.filter(isRefusal).flatMap(destinations);
  const mustRefuse = wanted.egress.filter((rule) => !allows(rule)).flatMap(destinations);
  if (subtract(mustRefuse, refused).length > 0) return false;
  const allowed = wanted.egress.filter(allows).filter(isForAll).flatMap(destinations);
  return present.egress
    .filter(allows)
    .filter((rule) => !wanted.egress.some((other) => isPartOf(rule, other)))
    .every((rule) => isWithin(rule, [...allowed, ...refused]));
}

function isWithin(rule: NetworkACLRule, networks: readonly Network[]): boolean {
  const own = destinations(rule);
  return own.length === partsOf(rule).length && own.length > 0 && subtract(own, networks).length === 0;
}

function allows({ action }: NetworkACLRule): boolean {
  return action === "allow";
}

/** Whether a rule refuses all packets to its destinations. */
function isRefusal(rule: NetworkACLRule): boolean {
  return !allows(rule) && rule.state !== "disabled" && isForAll(rule);
}

/** Whether a rule says nothing of a packet but its destination. */
function isForAll({
  action: _,
  state,
  destination: __,
  description: ___,
  ...others
}: NetworkACLRule): boolean {
  return state !== "disabled" && Object.values(others).every((value) => value === "");
}

/** Whether one rule allows what another does, or fewer ports of it. */
function isPartOf(one: NetworkACLRule, other: NetworkACLRule): boolean {
  const ports = portsOf(other);
  return textOf(one) === textOf(other) && portsOf(one).every((port) => ports.includes(port));
}

function textOf({ description: _, destination_port: __, ...rule }: NetworkACLRule): string {
  const set = Object.entries(rule).filter(([, value]) => value !== "");
  return JSON.stringify(set.sort(([left], [right]) => (left < right ? -1 : 1)));
}

function portsOf({ destination_port: ports = "" }: NetworkACLRule): readonly string[] {
  return ports.split(",");
}

function destinations(rule: NetworkACLRule): readonly Network[] {
  return partsOf(rule)
    .map((part) => parseNetwork(part))
    .filter((network) => network !== undefined);
}

function partsOf({ destination = "" }: NetworkACLRule): readonly string[] {
  return destination.split(",").map((part) => part.trim());
}
