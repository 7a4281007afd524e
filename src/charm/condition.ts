import type { JsonValue, StateSlot } from "juju-charm";

/** Code of the error that the shown status tells; `null` when it tells none. */
export const conditionSlot: StateSlot<string | null> = {
  name: "condition",
  parse: (stored: JsonValue | undefined) => (typeof stored === "string" ? stored : null),
};

/** Conditions whose end shows without a call to GitHub. */
const SEEN_BY_UPDATE_STATUS: ReadonlySet<string> = new Set([
  "configuration",
  "immutable-option",
  "lxd-missing",
  "lxd-install",
  "lxd-unreachable",
  "systemd",
  "packet-filter",
  "firewall-unsupported",
  "debug-ssh",
]);

/** Tells whether a condition is over once the configuration stands and LXD answers. */
export function isOverWithHost(condition: string | null): boolean {
  return condition !== null && SEEN_BY_UPDATE_STATUS.has(condition);
}
