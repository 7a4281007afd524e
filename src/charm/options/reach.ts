import { parseAddress, renderAddress, type Address } from "../../network/address.ts";
import { contains, parseNetwork, renderNetwork, type Network } from "../../network/network.ts";
import type { ProxySettings } from "../../network/proxy-settings.ts";
import type { Fault } from "../configuration-faults.ts";

/** A server that each runner has to reach. */
export interface NeededServer {
  /** The option, or the key of the model's configuration, with its address. */
  readonly option: string;
  readonly url: string;
}

/** The firewall that runners are behind. */
export interface Reach {
  readonly denylist: readonly Network[];
  /** Whether a runner may share its machine's loopback network, as in tests without guests. */
  readonly insecure: boolean;
}

/** Networks of which each machine has its own: there, a runner reaches itself, or nobody. */
const OWN = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16"].flatMap((text) => parseNetwork(text) ?? []);

/** The model's proxies; through one, runners reach all others. Pure. */
export function proxyServers({ http, https }: ProxySettings): readonly NeededServer[] {
  return [
    ...(http === undefined ? [] : [{ option: "juju-http-proxy", url: http }]),
    ...(https === undefined ? [] : [{ option: "juju-https-proxy", url: https }]),
  ];
}

/**
 * Servers that no runner could reach: without this check, runners would be made, and never come online. Pure. Names are not
 * looked up.
 */
export function unreachable(
  servers: readonly NeededServer[],
  { denylist, insecure }: Reach,
): readonly Fault[] {
  const denied: string[] = [];
  const faults = servers.flatMap(({ option, url }): Fault[] => {
    const host = URL.parse(url)?.hostname ?? "";
    const address = parseAddress(host.replace(/^\[|\]$/g, ""));
    const fault = insecure ? undefined : faultOf(host, address);
    if (fault !== undefined) return [{ option, text: `${fault}; use an address that other machines reach` }];
    const network = address && denylist.find((each) => contains(each, address));
    if (network) denied.push(`${renderNetwork(network)} contains ${renderAddress(address)} of ${option}`);
    return [];
  });
  if (denied.length === 0) return faults;
  const text = `${denied.join(", ")}, which runners must reach; list the networks around it`;
  return [...faults, { option: "denylist", text }];
}

function faultOf(host: string, address: Address | undefined): string | undefined {
  if (/^(?:.*\.)?localhost\.?$/.test(host)) return "in a runner, localhost is the runner";
  if (address?.family === 6) return "runners have no IPv6";
  const isOwn = address && OWN.some((network) => contains(network, address));
  return isOwn ? `runners cannot reach ${renderAddress(address)}` : undefined;
}
