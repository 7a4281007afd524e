import { createHash } from "node:crypto";
import {
  ConditionError,
  isRecord,
  NOT_STARTED,
  ProcessLock,
  type ProcessOutcome,
  type RunProcess,
} from "charm-kit";
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

/** Digests of rules as they were written, and of what the kernel showed of them then. */
export interface WrittenRules {
  readonly wanted: string;
  readonly shown: string;
}

/** Keeps {@link WrittenRules} for the next process. */
export interface WrittenRulesRecord {
  read(): Promise<WrittenRules | null>;
  write(value: WrittenRules): Promise<void>;
}

export interface NftPacketFilterOptions {
  /** The unit's name in other names, such as `runners-0`. */
  readonly slug: string;
  readonly run: RunProcess;
  /** @default rules are written again each time */
  readonly written?: WrittenRulesRecord;
}

/** The unit's own nftables tables. Needs root and the program `nft`. */
export class NftPacketFilter {
  /** Name of the tables, one in the family `inet` and one in the family `bridge`. */
  readonly table: string;
  readonly #run: RunProcess;
  readonly #written: WrittenRulesRecord | undefined;
  readonly #lock: ProcessLock;

  constructor({ slug, run, written }: NftPacketFilterOptions) {
    this.table = `github-runner.${slug}`;
    this.#run = run;
    this.#written = written;
    this.#lock = new ProcessLock(`github-runner-rules-${slug}`);
  }

  /**
   * Rejects packets from the bridge to the machine itself, except DHCP and DNS at the gateway, and lets each port of
   * the bridge use its own addresses alone. Replaces the rules in one transaction, unless the kernel shows them as it did
   * after they were written: to read them takes a tenth of the time that a transaction takes.
   *
   * A machine that cannot filter frames of bridges gets the rules about itself; its NIC filters report what it lacks.
   *
   * @param subnet the machine's IPv4 address on the bridge with the prefix, such as `192.168.99.1/24`.
   * @param port TCP port of that address which stays open; undefined for none.
   * @returns whether the kernel has LXD's rules for the bridge.
   * @throws {@link PacketFilterError} when `nft` is missing or the kernel lacks a feature.
   */
  closeHost(bridge: string, subnet: string, port: number | undefined, signal: AbortSignal): Promise<boolean> {
    const scripts = this.#scripts(bridge, subnet, port);
    const wanted = digestOf(scripts.join());
    // What is shown is what was written, whatever another process of the unit writes.
    return this.#lock.run(async () => {
      const known = await this.#written?.read();
      if (known?.wanted === wanted) {
        const { shown, hasRules } = await this.#inspect(bridge, signal);
        if (shown === known.shown) return hasRules;
      }
      const isWhole = await this.#write(scripts, signal);
      const { shown, hasRules } = await this.#inspect(bridge, signal);
      // Best effort: what is not remembered is written again. A part may be refused for a moment, or by an old version of nft.
      if (isWhole && shown !== undefined)
        await this.#written?.write({ wanted, shown }).catch(() => undefined);
      return hasRules;
    }, signal);
  }

  /** Reads the unit's tables and LXD's rules for a bridge in one process, each by a command of its own: one may be missing. */
  async #inspect(
    bridge: string,
    signal: AbortSignal,
  ): Promise<{ readonly shown: string | undefined; readonly hasRules: boolean }> {
    const tables = [`inet ${this.table}`, `bridge ${this.table}`];
    const lists = [...tables.map((table) => `list table ${table}`), listOf(bridge)];
    const options = { action: "run nft", limitMs: LIMIT_MS, signal, input: `${lists.join("\n")}\n` };
    const { exitCode, stdout } = await this.#run([NFT, "-i"], { ...options, env: NO_HOME });
    // Built without its interpreter.
    if (exitCode !== 0) return { shown: undefined, hasRules: await this.hasRulesOf(bridge, signal) };
    const [own = "", rules = ""] = stdout.split("table inet lxd {");
    const isWhole = tables.every((table) => own.includes(`table ${table} {`));
    return { shown: isWhole ? digestOf(withoutGuests(own)) : undefined, hasRules: hasRuleOf(bridge, rules) };
  }

  #scripts(bridge: string, subnet: string, port: number | undefined): readonly string[] {
    const gateway = gatewayOf(subnet);
    const guard = { table: this.table, ports: bridgePorts(bridge, subnet), prefix: portPrefix(bridge) };
    const host = renderTable(this.table, bridge, { gateway, port });
    const guarded = `${this.#deletionOf("bridge")}${renderBridgeGuard({ ...guard, checksClients: true })}`;
    const partly = `${this.#deletionOf("bridge")}${renderBridgeGuard({ ...guard, checksClients: false })}`;
    return [
      // Keeps the counted connections of runners.
      `${this.#emptying()}${host}${guarded}`,
      // After an upgrade, the table may have another form.
      `${this.#deletionOf("inet")}${host}${guarded}`,
      `${this.#deletionOf("inet")}${host}${partly}`,
      `${this.#deletionOf("inet")}${host}`,
    ];
  }

  /** Carries out the first script that the machine accepts. @returns whether its rules lack nothing */
  async #write(scripts: readonly string[], signal: AbortSignal): Promise<boolean> {
    let complaint = "";
    for (const [index, script] of scripts.entries()) {
      const outcome = await this.#nft(script, signal);
      if (outcome.exitCode === 0) return index < WHOLE_SCRIPTS;
      complaint = complaintOf(outcome);
    }
    throw new PacketFilterError(complaint);
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
    const { exitCode, stdout } = await this.#nft(listOf(bridge), signal);
    return exitCode === 0 && hasRuleOf(bridge, stdout);
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

/** The first of the scripts write all rules; the others leave out what the machine refuses. */
const WHOLE_SCRIPTS = 2;

/** The interpreter of nft keeps each command for ever, in a file of the home directory or else in the machine's root. */
const NO_HOME = { HOME: "/dev/null" };

/** LXD's rules for a bridge, after those of the unit. */
function listOf(bridge: string): string {
  return `list chain inet lxd aclfwd.${bridge}`;
}

/** Whether a list has a rule for a bridge, whose name stands in quotes there, and not an emptied chain. */
function hasRuleOf(bridge: string, list: string): boolean {
  return list.includes(`"${bridge}"`);
}

/** Sets that the kernel fills with what runners do. */
const FILLED =
  /(\tset \w+ \{\n(?:\t\t(?!elements)[^\n]*\n)*\t\tflags [^\n]*\bdynamic\b[^\n]*\n(?:\t\t(?!elements)[^\n]*\n)*)\t\telements = \{[^}]*\}\n/g;

/** What newer versions of nft write behind the size of a set. */
const COUNT = /\t# count \d+$/gm;

/** A list of tables without what changes by itself. Pure. */
function withoutGuests(list: string): string {
  return list.trim().replaceAll(COUNT, "").replaceAll(FILLED, "$1");
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** For a file. */
export function parseWrittenRules(stored: unknown): WrittenRules | null {
  if (!isRecord(stored)) return null;
  const { wanted, shown } = stored;
  return typeof wanted === "string" && typeof shown === "string" ? { wanted, shown } : null;
}

function complaintOf({ exitCode, stderr }: ProcessOutcome): string {
  if (exitCode === NOT_STARTED) return `${NFT} is missing; install nftables (apt install nftables)`;
  return `${stderr.trim() || `nft ended with ${exitCode}`}; see whether its kernel has nftables`;
}
