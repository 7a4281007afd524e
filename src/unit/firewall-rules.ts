import { parseAddress } from "../network/address.ts";
import type { FirewallRules } from "./ports.ts";
import type { Configuration } from "./configuration.ts";
import type { Integrations } from "./integrations.ts";

/** Denies the denylist's networks, except for the debug-ssh hosts. Pure. */
export function firewallRules(
  { denylist }: Pick<Configuration, "denylist">,
  { debugSshHosts }: Pick<Integrations, "debugSshHosts">,
): FirewallRules {
  const exceptions = debugSshHosts.flatMap(({ host, port }) => {
    const address = parseAddress(host);
    return address ? [{ address, port }] : [];
  });
  return { denied: denylist, exceptions };
}
