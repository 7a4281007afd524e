import { parseAddress } from "../network/address.ts";
import { POLICY_PORT } from "./policy-port.ts";
import type { FirewallRules } from "./ports.ts";
import type { Configuration } from "./configuration.ts";
import type { Integrations } from "./integrations.ts";

/** Denies the denylist's networks, except for the debug-ssh hosts, and opens the built-in policy. Pure. */
export function firewallRules(
  { denylist, policy }: Pick<Configuration, "denylist" | "policy">,
  { debugSshHosts }: Pick<Integrations, "debugSshHosts">,
): FirewallRules {
  const exceptions = debugSshHosts.flatMap(({ host, port }) => {
    const address = parseAddress(host);
    return address ? [{ address, port }] : [];
  });
  return { denied: denylist, exceptions, ...(policy.by === "charm" && { machinePort: POLICY_PORT }) };
}
