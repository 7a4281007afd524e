import { NOT_STARTED, type ProcessOutcome, type RunProcess } from "charm-kit";
import { PacketFilterError } from "./packet-filter-error.ts";

/** Where Debian and Ubuntu have it; not every PATH of root's leads there. */
const NFT = "/usr/sbin/nft";
const LIMIT_MS = 10_000;

/** An nftables table of the unit's own in the kernel. Needs root and the program `nft`. */
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
   * Refuses what comes over the bridge and is for the machine itself, but DHCP and DNS at the gateway. The table is
   * written anew, in one step.
   *
   * @param gateway the machine's IPv4 address on the bridge.
   * @throws {@link PacketFilterError} where `nft` is missing or the kernel lacks something.
   */
  async closeHost(bridge: string, gateway: string, signal: AbortSignal): Promise<void> {
    const script = `${this.#deletion()}${renderTable(this.table, bridge, gateway)}`;
    const outcome = await this.#nft(script, signal);
    if (outcome.exitCode !== 0) throw new PacketFilterError(complaintOf(outcome));
  }

  /** Takes the table away; where there is none, or no `nft` to have made it, it is done. */
  async openHost(signal: AbortSignal): Promise<void> {
    const outcome = await this.#nft(this.#deletion(), signal);
    if (![0, NOT_STARTED].includes(outcome.exitCode)) throw new PacketFilterError(complaintOf(outcome));
  }

  /** Tells whether LXD's rules for a bridge are in the kernel. */
  async hasRulesOf(bridge: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#nft(`list chain inet lxd aclfwd.${bridge}`, signal)).exitCode === 0;
  }

  /** Deletes a table that need not be there. */
  #deletion(): string {
    return `add table inet ${this.table}\ndelete table inet ${this.table}\n`;
  }

  #nft(script: string, signal: AbortSignal): Promise<ProcessOutcome> {
    return this.#run([NFT, script], { action: "run nft", limitMs: LIMIT_MS, signal });
  }
}

/**
 * It looks at packets before addresses are translated, so that ports which Docker or LXD publish on the machine are closed,
 * too; and it asks the routing table what is the machine's own, so that addresses which come later are.
 *
 * A reset ends an attempt to connect at once: an ICMP message that comes while the kernel is still sending does so only at
 * the second try, a second later.
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
