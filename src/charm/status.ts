import type { Status } from "../framework/hook-tools.ts";
import type { RunnerCounts } from "../runners/observed-runner.ts";
import { CharmError, messageOf } from "../support/errors.ts";

/** Longest reason that stands in a status line; `juju status` cuts no line, and LXD's errors can be pages. */
const LONGEST_REASON = 200;

/** What the status says after a reconcile. */
export function summarise(counts: RunnerCounts, wanted: number, failures: readonly Error[]): Status {
  const reason = failures[0] && shorten(rootMessage(failures[0]));
  const present = counts.names.length;
  if (present < wanted && reason) {
    return present === 0
      ? { name: "maintenance", message: `No runner of ${wanted} yet; retrying: ${reason}` }
      : { name: "active", message: `${present} of ${wanted} runners; retrying: ${reason}` };
  }
  return { name: "active", message: describeCounts(counts) };
}

/** For example `8 runners: 5 idle, 3 busy`. */
export function describeCounts(counts: RunnerCounts): string {
  const present = counts.names.length;
  const parts = [
    [counts.online, "idle"],
    [counts.busy, "busy"],
    [counts.offline + counts.unknown, "starting or ending"],
  ] as const;
  const listed = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  const noun = present === 1 ? "1 runner" : `${present} runners`;
  return listed.length > 0 ? `${noun}: ${listed.join(", ")}` : noun;
}

/** Conditions that only a person can end, and those that end by themselves. */
const STATUS_OF_CODE: Readonly<Record<string, Status["name"]>> = {
  configuration: "blocked",
  "unit-name": "blocked",
  "lxd-unreachable": "blocked",
  "lxd-refused": "blocked",
  "base-image": "blocked",
  archive: "blocked",
  "github-credentials": "blocked",
  "github-permission": "blocked",
  "github-not-found": "blocked",
  "github-group": "blocked",
  "github-rate-limit": "waiting",
  "github-unavailable": "waiting",
  "github-deadline": "waiting",
};

/** The status that tells an error, or nothing for an error that the hook should fail with. */
export function statusOf(thrown: unknown): Status | undefined {
  if (!(thrown instanceof CharmError)) return undefined;
  const name = STATUS_OF_CODE[thrown.code];
  return name && { name, message: name === "blocked" ? thrown.message : shorten(thrown.message) };
}

/** The last error of the chain of causes is the one that says what happened. */
function rootMessage(error: Error): string {
  return error.cause instanceof Error ? rootMessage(error.cause) : messageOf(error);
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= LONGEST_REASON ? line : `${line.slice(0, LONGEST_REASON - 1)}…`;
}
