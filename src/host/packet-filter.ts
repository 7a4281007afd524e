import { ConditionError, NOT_STARTED, type ProcessOutcome, type RunProcess } from "charm-kit";
import { bridgePorts, portPrefix } from "../network/bridge-ports.ts";
import { gatewayOf } from "../network/network.ts";
import { renderBridgeGuard } from "./bridge-guard.ts";
import { CONNECTIONS_PER_RUNNER } from "./kernel-limits.ts";

/** The kernel's packet filter refuses the rules that block runners from the machine. */
export class PacketFilterError extends ConditionError {
  readonly code = "packet-filter";
  readonly remedy = "person";
  override readonly checkedBy = "update-status";

  constructor(detail: string, options?: ErrorOptions) {
    super(`Cannot close this machine to its runners: ${detail}`, options);
  }
}

/** The path on Debian and Ubuntu, which is not in every PATH of root. */
const NFT = "/usr/sbin/nft";
const LIMIT_MS = 10_000;
/** Most connections of a runner to the open port that the kernel tracks; closed ones count for a while. */
const CHECKS_PER_RUNNER = 64;
/** Most questions of a runner to the DNS server of its bridge that the kernel tracks, each for half a minute. */
const QUESTIONS_PER_RUNNER = 1000;

/** The unit's own nftables tables. Needs root and the program `nft`. */
export class NftPacketFilter {
  /** Name of the tables, one in the family `inet` and one in the family `bridge`. */
  readonly table: string;
  readonly #run: RunProcess;

  /** @param slug the unit's name in other names, such as `runners-0`. */
  constructor(slug: string, run: RunProcess) {
    this.table = `github-runner.${slug}`;
    this.#run = run;
  }

  /**
   * Rejects packets from the bridge to the machine itself, except DHCP and DNS at the gateway, and lets each port of
   * the bridge use its own addresses alone. Replaces the rules in one transaction.
   *
   * A machine that cannot filter frames of bridges gets the rules about itself; its NIC filters report what it lacks.
   *
   * @param subnet the machine's IPv4 address on the bridge with the prefix, such as `192.168.99.1/24`.
   * @param port TCP port of that address which stays open; undefined for none.
   * @throws {@link PacketFilterError} when `nft` is missing or the kernel lacks a feature.
   */
  async closeHost(
    bridge: string,
    subnet: string,
    port: number | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const gateway = gatewayOf(subnet);
    const guard = { table: this.table, ports: bridgePorts(bridge, subnet), prefix: portPrefix(bridge) };
    const host = renderTable(this.table, bridge, { gateway, port });
    const guarded = `${this.#deletionOf("bridge")}${renderBridgeGuard({ ...guard, checksClients: true })}`;
    const partly = `${this.#deletionOf("bridge")}${renderBridgeGuard({ ...guard, checksClients: false })}`;
    const scripts = [
      // Keeps the counted connections of runners.
      `${this.#emptying()}${host}${guarded}`,
      // After an upgrade, the table may have another form.
      `${this.#deletionOf("inet")}${host}${guarded}`,
      `${this.#deletionOf("inet")}${host}${partly}`,
    ];
    for (const script of scripts) if ((await this.#nft(script, signal)).exitCode === 0) return;
    const outcome = await this.#nft(`${this.#deletionOf("inet")}${host}`, signal);
    if (outcome.exitCode !== 0) throw new PacketFilterError(complaintOf(outcome));
  }

  /** Deletes the tables. Succeeds when they or `nft` are missing. */
  async openHost(signal: AbortSignal): Promise<void> {
    const outcome = await this.#nft(this.#deletionOf("inet"), signal);
    if (![0, NOT_STARTED].includes(outcome.exitCode)) throw new PacketFilterError(complaintOf(outcome));
    // Fails only where no such table can exist.
    await this.#nft(this.#deletionOf("bridge"), signal);
  }

  /** Whether the kernel has LXD's rules for a bridge. */
  async hasRulesOf(bridge: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#nft(`list chain inet lxd aclfwd.${bridge}`, signal)).exitCode === 0;
  }

  /** Deletes a table that may be missing. */
  #deletionOf(family: "inet" | "bridge"): string {
    return `add table ${family} ${this.table}\ndelete table ${family} ${this.table}\n`;
  }

  /** Deletes the rules and keeps the sets. */
  #emptying(): string {
    return `add table inet ${this.table}\nflush table inet ${this.table}\n`;
  }

  #nft(script: string, signal: AbortSignal): Promise<ProcessOutcome> {
    return this.#run([NFT, script], { action: "run nft", limitMs: LIMIT_MS, signal });
  }
}

/**
 * Bounds the connections of each runner, since the kernel tracks those of the whole machine in one table.
 *
 * Filters packets before address translation, so that ports published by Docker or LXD are blocked
 * too. Reads local addresses from the routing table, so that later addresses are blocked as well.
 *
 * A TCP reset ends a connection attempt at once. An ICMP message that arrives during the send takes effect only at
 * the retry, a second later.
 */
function renderTable(
  table: string,
  bridge: string,
  { gateway, port }: { readonly gateway: string; readonly port: number | undefined },
): string {
  const open = port === undefined ? NOTHING_OPEN : renderOpenPort(gateway, port);
  return `table inet ${table} {
  set connections {
    type ipv4_addr
    size 4096
    flags dynamic
  }
  set questions {
    type ipv4_addr
    size 4096
    flags dynamic
  }
${open.set}  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject
  }
  chain dns {
    ct state new add @questions { ip saddr ct count over ${QUESTIONS_PER_RUNNER} } goto refuse
    accept
  }
${open.chain}  chain from_runners {
    type filter hook prerouting priority mangle; policy accept;
    iifname != "${bridge}" accept
    meta nfproto ipv6 goto refuse
    ct state new add @connections { ip saddr ct count over ${CONNECTIONS_PER_RUNNER} } goto refuse
    ip daddr { ${gateway}, 255.255.255.255 } udp dport 67 accept
    ip daddr ${gateway} meta l4proto { tcp, udp } th dport 53 goto dns
${open.rule}    fib daddr type { local, broadcast, anycast, multicast } goto refuse
  }
}
`;
}

const NOTHING_OPEN = { set: "", chain: "", rule: "" };

/** A port for runners, of which none may take all the machine's connections there. */
function renderOpenPort(gateway: string, port: number): typeof NOTHING_OPEN {
  return {
    set: `  set checks {
    type ipv4_addr
    size 4096
    flags dynamic
  }
`,
    chain: `  chain check {
    ct state new add @checks { ip saddr ct count over ${CHECKS_PER_RUNNER} } goto refuse
    accept
  }
`,
    rule: `    ip daddr ${gateway} tcp dport ${port} goto check\n`,
  };
}

function complaintOf({ exitCode, stderr }: ProcessOutcome): string {
  if (exitCode === NOT_STARTED) return `${NFT} is missing; install nftables (apt install nftables)`;
  return `${stderr.trim() || `nft ended with ${exitCode}`}; see whether its kernel has nftables`;
}
