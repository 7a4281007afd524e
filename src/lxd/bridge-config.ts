import { spareRange } from "../network/bridge-ports.ts";
import type { Config } from "lxd-client";

/**
 * Settings of dnsmasq, LXD's DHCP and DNS server, one a line.
 *
 * It answers only devices that LXD has given an address, so that a runner cannot use up the addresses of the bridge, and
 * registers no names, so that runners do not learn each other's. It takes many open questions: the packet filter lets a
 * runner ask for a part of them, which may all wait for slow servers.
 */
const DNSMASQ = ["dhcp-ignore=tag:!known", "dhcp-ignore-names", "dns-forward-max=10000"];

/**
 * A frozen instance does not renew its lease, and one that finds its lease over loses its address for a moment: longer
 * than twice the life of a standby instance. No address waits for the end of a lease, since each belongs to one port.
 */
const LEASE = "50h";

/** Hides name and version. Early versions of dnsmasq do not start with it. */
const ANONYMOUS = "no-ident";

/**
 * The configurations of a unit's bridge, the best first; each later one is for an LXD that refuses the one before. Pure.
 *
 * @param subnet the gateway's address with the prefix, such as `192.168.99.1/24`.
 */
export function bridgeConfigs(subnet: string): readonly [Config, ...Config[]] {
  return [withDnsmasq(subnet, [...DNSMASQ, ANONYMOUS]), withDnsmasq(subnet, DNSMASQ)];
}

/** Keys whose change may wait: neither this machine nor a runner is protected by them. */
const MAY_WAIT = new Set(["ipv4.dhcp.expiry", "ipv4.nat"]);

/** Whether a bridge protects as a better configuration of it does. Pure. */
export function protectsAs(present: Config, better: Config): boolean {
  return Object.entries(better).every(([key, value]) => MAY_WAIT.has(key) || present[key] === value);
}

function withDnsmasq(subnet: string, lines: readonly string[]): Config {
  return {
    "ipv4.address": subnet,
    "ipv4.nat": "true",
    "ipv4.dhcp.expiry": LEASE,
    "ipv4.dhcp.ranges": spareRange(subnet),
    "ipv6.address": "none",
    "dns.mode": "none",
    "raw.dnsmasq": lines.join("\n"),
  };
}
