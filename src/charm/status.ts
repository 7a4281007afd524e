import type { Status } from "juju-charm";
import type { RunnerCounts } from "../runners/observed-runner.ts";
import type { TimerState } from "../unit/ports.ts";
import { CodedError, messageOf } from "charm-kit";

/** Longest reason that stands in a status line; `juju status` cuts no line, and LXD's errors can be pages. */
const LONGEST_REASON = 400;

/** What a reconcile could not do. */
export interface Shortcomings {
  /** Of single runners. */
  readonly failures: readonly Error[];
  /** What a person should know though all goes on. */
  readonly notices: readonly string[];
}

/** What the status says after a reconcile. */
export function summarise(counts: RunnerCounts, wanted: number, { failures, notices }: Shortcomings): Status {
  const reason = failures[0] && shorten(rootMessage(failures[0]));
  const present = counts.names.length;
  if (present < wanted && reason) {
    return present === 0
      ? { name: "maintenance", message: `No runner of ${wanted} yet; retrying: ${reason}` }
      : {
          name: "active",
          message: withNotices(`${present} of ${wanted} runners; retrying: ${reason}`, notices),
        };
  }
  return { name: "active", message: withNotices(describeCounts(counts), notices) };
}

/** A status message with what a person should know beside it. */
export function withNotices(message: string, notices: readonly string[]): string {
  return [message, ...notices.map(shorten)].join("; ");
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

/** Why timers do not fire, and what the person can do; nothing when they do. */
export function lackOf(timers: TimerState): string | undefined {
  switch (timers) {
    case "running":
      return undefined;
    case "stopped":
      return "the timers are stopped; update-status starts them";
    case "no-systemd":
      return "this machine is not run by systemd; run the action reconcile-runners, or dispatch the event of that name from cron";
    case "no-dispatcher":
      return "this machine has no juju-exec; run the action reconcile-runners, or dispatch the event of that name from cron";
  }
}

/** Who can end a condition: a person (blocked), the outside world (waiting), or the next reconcile (maintenance). */
const STATUS_OF_CODE: Readonly<Record<string, Status["name"]>> = {
  configuration: "blocked",
  "immutable-option": "blocked",
  "unit-name": "blocked",
  "debug-ssh": "blocked",
  "lxd-missing": "blocked",
  "lxd-install": "blocked",
  "no-virtual-machines": "blocked",
  "host-command": "maintenance",
  "pool-too-small": "blocked",
  "storage-missing": "blocked",
  "lxd-unreachable": "blocked",
  "base-image": "blocked",
  "base-image-server": "waiting",
  archive: "blocked",
  "archive-download": "waiting",
  "no-free-subnet": "blocked",
  "packet-filter": "blocked",
  "firewall-unsupported": "blocked",
  "github-bad-credentials": "blocked",
  "github-app": "blocked",
  "github-missing-permission": "blocked",
  "github-not-found": "blocked",
  "github-runner-group": "blocked",
  "github-rate-limit": "waiting",
  "github-unavailable": "waiting",
  "github-deadline": "waiting",
  "github-refused": "blocked",
  lxd: "maintenance",
  "lxd-operation": "maintenance",
  "image-build": "maintenance",
  systemd: "maintenance",
  locked: "maintenance",
  deadline: "maintenance",
};

/** Conditions that have a name among those who look at statuses; it stands before the explanation. */
const TITLE_OF_CODE: Readonly<Record<string, string>> = {
  "github-bad-credentials": "Invalid token",
  "github-app": "Invalid GitHub App",
  "github-missing-permission": "Token lacks a permission",
  "debug-ssh": "Invalid SSH debug information",
};

/** The status that tells an error, or nothing for an error that the hook should fail with. */
export function statusOf(thrown: unknown): Status | undefined {
  if (!(thrown instanceof CodedError)) return undefined;
  const name = STATUS_OF_CODE[thrown.code];
  if (!name) return undefined;
  const text = textOf(thrown);
  switch (name) {
    case "blocked":
      // A person has to act on it, and needs all of it: several faulty options are told together.
      return { name, message: inOneLine(text) };
    case "maintenance":
      return { name, message: `Retrying: ${shorten(text)}` };
    case "active":
    case "waiting":
      return { name, message: shorten(text) };
  }
}

/** How an action tells an error that a status would tell: in the same words, but nobody tries an action again. */
export function failureOf(thrown: unknown): string | undefined {
  const status = statusOf(thrown);
  return status?.name === "maintenance" ? status.message.replace(/^Retrying: /, "") : status?.message;
}

function textOf(error: CodedError): string {
  const title = TITLE_OF_CODE[error.code];
  // Of these the person mends the cause, whatever it was that could not be done.
  return title ? `${title}: ${error.message.replace(/^Cannot [^:]*: /, "")}` : error.message;
}

/** The last error of the chain of causes is the one that says what happened. */
function rootMessage(error: Error): string {
  return error.cause instanceof Error ? rootMessage(error.cause) : messageOf(error);
}

function shorten(text: string): string {
  const line = inOneLine(text);
  return line.length <= LONGEST_REASON ? line : `${line.slice(0, LONGEST_REASON - 1)}…`;
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
