import type { BridgePort } from "../network/bridge-ports.ts";

/** Most DHCP requests of a runner: far above its needs, and far below what occupies the server. */
const DHCP_REQUESTS = "limit rate over 5/second burst 20 packets";

/** Offset and length in bits of the client's MAC address in a DHCP message over UDP. */
const DHCP_CLIENT = "@th,288,48";

export interface GuardOptions {
  /** Name of the table. */
  readonly table: string;
  readonly ports: readonly BridgePort[];
  /** The start of the ports' names. */
  readonly prefix: string;
  /** Whether `nft` can compare the client in DHCP messages; early versions cannot. */
  readonly checksClients: boolean;
}

/**
 * Renders a table that lets each port of a bridge send from its own addresses alone, and receive only frames to
 * them. Pure.
 *
 * The check stands before the bridge learns who is behind which port; LXD's own filters stand after it, so a forged
 * source would divert another runner's traffic. Each check accepts a match and then refuses the rest, since a rule
 * about a field that a short packet lacks does not match.
 *
 * Ports with other names are instances of earlier versions of the charm, and other bridges.
 */
export function renderBridgeGuard({ table, ports, prefix, checksClients }: GuardOptions): string {
  const set = (name: string, type: string, value: (port: BridgePort) => string) =>
    `  set ${name} {\n    typeof ${type}\n    elements = { ${ports.map(({ name: port, ...rest }) => `"${port}" . ${value({ name: port, ...rest })}`).join(", ")} }\n  }\n`;
  const clients = checksClients
    ? set("clients", `iifname . ${DHCP_CLIENT}`, ({ mac }) => `0x${mac.replaceAll(":", "")}`)
    : "";
  const toServer = checksClients ? `iifname . ${DHCP_CLIENT} @clients accept\n    drop` : "accept";
  const toClient = checksClients ? `oifname . ${DHCP_CLIENT} @clients` : "oifname";
  const broadcast = checksClients
    ? `ether daddr ff:ff:ff:ff:ff:ff udp dport 68 ${toClient} accept`
    : "ether daddr ff:ff:ff:ff:ff:ff udp dport 68 accept";
  return `table bridge ${table} {
${set("senders", "iifname . ether saddr", ({ mac }) => mac)}${set("addresses", "iifname . ip saddr", ({ address }) => address)}${clients}  set askers {
    typeof iifname
    size 4096
    flags dynamic
    timeout 1m
  }
  chain to_dhcp {
    add @askers { iifname ${DHCP_REQUESTS} } drop
    ${toServer}
  }
  chain from_runners {
    type filter hook prerouting priority -300; policy accept;
    iifname != "${prefix}*" accept
    iifname . ether saddr != @senders drop
    ether type arp arp operation { request, reply } iifname . arp saddr ether @senders iifname . arp saddr ip @addresses accept
    ether type ip ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 goto to_dhcp
    ether type ip iifname . ip saddr @addresses goto from_address
    ether type ip6 accept
    drop
  }
  chain from_address {
    udp dport 67 goto to_dhcp
    accept
  }
  chain to_the_bridge {
    type filter hook input priority -300; policy accept;
    iifname "${prefix}*" ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop
  }
  chain to_runners {
    type filter hook postrouting priority 0; policy accept;
    oifname != "${prefix}*" accept
    oifname . ether daddr @senders accept
    ether daddr ff:ff:ff:ff:ff:ff ether type arp oifname . arp daddr ip @addresses accept
    ${broadcast}
    drop
  }
}
`;
}
