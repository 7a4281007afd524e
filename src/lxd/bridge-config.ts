import { spareRange } from "../network/bridge-ports.ts";
import type { Config } from "lxd-client";

/**
 * Settings of dnsmasq, LXD's DHCP and DNS server, one a line.
 *
 * It answers only devices that LXD has given an address, so that a runner cannot use up the addresses of the bridge, and
 * registers no names, so that runners do not learn each other's. A runner may ask for many names of slow servers; the
 * limit of open questions is high enough for the others' beside them.
 */
const DNSMASQ = ["dhcp-ignore=tag:!known", "dhcp-ignore-names", "dns-forward-max=1500"];

/** Hides name and version. Early versions of dnsmasq do not start with it. */
const ANONYMOUS = "no-ident";

/**
 * The configurations of a unit's bridge, the best first; each later one is for an LXD that refuses the one before. Pure.
 *
 * @param subnet the gateway's address with the prefix, such as `10.83.12.1/24`.
 */
export function bridgeConfigs(subnet: string): readonly [Config, ...Config[]] {
  return [withDnsmasq(subnet, [...DNSMASQ, ANONYMOUS]), withDnsmasq(subnet, DNSMASQ)];
}

function withDnsmasq(subnet: string, lines: readonly string[]): Config {
  return {
    "ipv4.address": subnet,
    "ipv4.nat": "true",
    "ipv4.dhcp.expiry": "10m",
    "ipv4.dhcp.ranges": spareRange(subnet),
    "ipv6.address": "none",
    "dns.mode": "none",
    "raw.dnsmasq": lines.join("\n"),
  };
}
