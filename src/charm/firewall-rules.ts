import type { Endpoint, FirewallRules } from "../runners/ports.ts";
import type { Configuration } from "./configuration.ts";

/**
 * What the configuration forbids runners to reach.
 *
 * @param debugHosts where jobs may hold a shell open, also in a network that they must not reach. @default none
 */
export function firewallRules(
  { denylist }: Pick<Configuration, "denylist">,
  debugHosts: readonly Endpoint[] = [],
): FirewallRules {
  return { denied: denylist, exceptions: debugHosts };
}
