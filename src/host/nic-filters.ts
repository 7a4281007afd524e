import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { NOT_STARTED, type RunProcess } from "charm-kit";
import type { HostPaths } from "./host-paths.ts";

const LIMIT_MS = 10_000;

/** Filters of network devices that a machine has. */
interface Filters {
  readonly mac: boolean;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly isolation: boolean;
}

/**
 * Opens what detects the network device filters of this machine, for LXD's firewall driver, such as `nftables`. An instance
 * with an unsupported filter would not start.
 *
 * That the kernel filters bridges is found once, since that takes a transaction of the packet filter, and stays so.
 */
export function nicFilterProbe(
  paths: HostPaths,
  run: RunProcess,
): (firewall: string, signal: AbortSignal) => Promise<Filters> {
  const known = new Set<string>();
  return async (firewall, signal) => {
    const bridges = known.has(firewall) || (await filtersBridges(run, firewall, signal));
    if (bridges) known.add(firewall);
    return filtersOf(paths, bridges);
  };
}

async function filtersBridges(run: RunProcess, firewall: string, signal: AbortSignal): Promise<boolean> {
  const words = firewall === "nftables" ? nftProbe() : ["ebtables", "-L"];
  const { exitCode } = await run(words, { action: "look for filters of bridges", limitMs: LIMIT_MS, signal });
  // LXD may contain its own programs. Without a local program to check, trust LXD.
  return exitCode === 0 || exitCode === NOT_STARTED;
}

async function filtersOf({ proc }: HostPaths, bridges: boolean): Promise<Filters> {
  const path = join(proc, "sys/net/bridge/bridge-nf-call-ip6tables");
  const callsFilter = await readFile(path, "utf8").catch(() => "");
  return {
    mac: bridges,
    ipv4: bridges,
    // LXD refuses the filter when bridged packets skip the IPv6 filter.
    ipv6: bridges && callsFilter.trim() === "1",
    // Linux supports it since 4.18, which is older than every LXD with this option.
    isolation: true,
  };
}

/** A table that is created and deleted in one transaction, and so is never visible. */
function nftProbe(): readonly string[] {
  const table = "bridge github-runner-probe";
  const chain = "{ type filter hook input priority -200; }";
  return ["nft", `add table ${table}; add chain ${table} probe ${chain}; delete table ${table}`];
}
