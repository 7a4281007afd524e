import { ConditionError, NOT_STARTED, type ProcessOutcome, type RunProcess } from "charm-kit";

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

/** The unit's own nftables table. Needs root and the program `nft`. */
export class NftPacketFilter {
  /** Name of the table, in the family `inet`. */
  readonly table: string;
  readonly #run: RunProcess;

  /** @param slug the unit's name in other names, such as `runners-0`. */
  constructor(slug: string, run: RunProcess) {
    this.table = `github-runner.${slug}`;
    this.#run = run;
  }

  /**
   * Rejects packets from the bridge to the machine itself, except DHCP and DNS at the gateway. Replaces the table
   * in one transaction.
   *
   * @param gateway the machine's IPv4 address on the bridge.
   * @throws {@link PacketFilterError} when `nft` is missing or the kernel lacks a feature.
   */
  async closeHost(bridge: string, gateway: string, signal: AbortSignal): Promise<void> {
    const script = `${this.#deletion()}${renderTable(this.table, bridge, gateway)}`;
    const outcome = await this.#nft(script, signal);
    if (outcome.exitCode !== 0) throw new PacketFilterError(complaintOf(outcome));
  }

  /** Deletes the table. Succeeds when the table or `nft` is missing. */
  async openHost(signal: AbortSignal): Promise<void> {
    const outcome = await this.#nft(this.#deletion(), signal);
    if (![0, NOT_STARTED].includes(outcome.exitCode)) throw new PacketFilterError(complaintOf(outcome));
  }

  /** Whether the kernel has LXD's rules for a bridge. */
  async hasRulesOf(bridge: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#nft(`list chain inet lxd aclfwd.${bridge}`, signal)).exitCode === 0;
  }

  /** Deletes a table that may be missing. */
  #deletion(): string {
    return `add table inet ${this.table}\ndelete table inet ${this.table}\n`;
  }

  #nft(script: string, signal: AbortSignal): Promise<ProcessOutcome> {
    return this.#run([NFT, script], { action: "run nft", limitMs: LIMIT_MS, signal });
  }
}

/**
 * Filters packets before address translation, so that ports published by Docker or LXD are blocked
 * too. Reads local addresses from the routing table, so that later addresses are blocked as well.
 *
 * A TCP reset ends a connection attempt at once. An ICMP message that arrives during the send takes effect only at
 * the retry, a second later.
 */
function renderTable(table: string, bridge: string, gateway: string): string {
  return `table inet ${table} {
  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject
  }
  chain from_runners {
    type filter hook prerouting priority mangle; policy accept;
    iifname != "${bridge}" accept
    meta nfproto ipv6 goto refuse
    ip daddr { ${gateway}, 255.255.255.255 } udp dport 67 accept
    ip daddr ${gateway} meta l4proto { tcp, udp } th dport 53 accept
    fib daddr type { local, broadcast, anycast, multicast } goto refuse
  }
}
`;
}

function complaintOf({ exitCode, stderr }: ProcessOutcome): string {
  if (exitCode === NOT_STARTED) return `${NFT} is missing; install nftables (apt install nftables)`;
  return stderr.trim() || `nft ended with ${exitCode}`;
}
