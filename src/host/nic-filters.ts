import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { NOT_STARTED, type RunProcess } from "charm-kit";
import type { HostPaths } from "./host-paths.ts";

const LIMIT_MS = 10_000;

/**
 * Finds out which filters of network devices this machine has: a start with one that it lacks would fail.
 *
 * @param firewall that LXD uses, such as `nftables`.
 */
export async function probeNicFilters(
  paths: HostPaths,
  run: RunProcess,
  firewall: string,
  signal: AbortSignal,
): Promise<{ mac: boolean; ipv4: boolean; ipv6: boolean; isolation: boolean }> {
  const words = firewall === "nftables" ? nftProbe() : ["ebtables", "-L"];
  const { exitCode } = await run(words, { action: "look for filters of bridges", limitMs: LIMIT_MS, signal });
  // LXD may bring programs of its own; where there is none here to ask, it is taken at its word.
  const bridges = exitCode === 0 || exitCode === NOT_STARTED;
  const callsFilter = await readFile(
    join(paths.proc, "sys/net/bridge/bridge-nf-call-ip6tables"),
    "utf8",
  ).catch(() => "");
  return {
    mac: bridges,
    ipv4: bridges,
    // LXD refuses it where bridged packets pass no IPv6 filter.
    ipv6: bridges && callsFilter.trim() === "1",
    // Linux has had it since 4.18, which is older than every LXD that knows the option.
    isolation: true,
  };
}

/** A table that is made and taken away in one transaction: nothing of it is ever seen. */
function nftProbe(): readonly string[] {
  const table = "bridge github-runner-probe";
  const chain = "{ type filter hook input priority -200; }";
  return ["nft", `add table ${table}; add chain ${table} probe ${chain}; delete table ${table}`];
}
