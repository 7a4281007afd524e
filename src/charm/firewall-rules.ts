import { parseAddress } from "../network/address.ts";
import type { FirewallRules } from "../runners/ports.ts";
import type { Configuration } from "./configuration.ts";
import type { Surroundings } from "./relations.ts";

/** What runners must not reach: the denylist, but for the hosts through which jobs open a shell. Pure. */
export function firewallRules(
  { denylist }: Pick<Configuration, "denylist">,
  { debugSshHosts }: Pick<Surroundings, "debugSshHosts">,
): FirewallRules {
  const exceptions = debugSshHosts.flatMap(({ host, port }) => {
    const address = parseAddress(host);
    return address ? [{ address, port }] : [];
  });
  return { denied: denylist, exceptions };
}
