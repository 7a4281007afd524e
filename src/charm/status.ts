import type { Status } from "juju-charm";
import type { RunnerCounts } from "../runners/observed-runner.ts";
import type { TimerState } from "../unit/ports.ts";
import { CodedError, ConditionError, messageOf, type Remedy } from "charm-kit";
import type { LxdClientError, LxdClientErrorCode } from "lxd-client";

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

/** The status that a condition gives the unit, by who can end it. */
const STATUS_OF_REMEDY: Readonly<Record<Remedy, Status["name"]>> = {
  person: "blocked",
  outside: "waiting",
  retry: "maintenance",
};

/** The client of LXD does not know what its errors mean for a unit. */
const REMEDY_OF_LXD: Readonly<Record<LxdClientErrorCode, Remedy>> = {
  lxd: "retry",
  "lxd-operation": "retry",
  "lxd-operation-unseen": "retry",
  "lxd-output-limit": "retry",
  "lxd-unreachable": "person",
};

/** What a unit lives with, and goes on; errors of the framework are none, Juju retries the hook. */
type Condition = ConditionError | LxdClientError;

/** Tells whether an error is a condition that the status reports. */
export function isCondition(thrown: unknown): thrown is Condition {
  // Not by the class of the client's errors: an event that nobody observes must not load the client.
  return (
    thrown instanceof ConditionError ||
    (thrown instanceof CodedError && Object.hasOwn(REMEDY_OF_LXD, thrown.code))
  );
}

/** Which check notices the end of a condition. */
export function checkOf(condition: Condition): ConditionError["checkedBy"] {
  if (condition instanceof ConditionError) return condition.checkedBy;
  return condition.code === "lxd-unreachable" ? "update-status" : "reconcile";
}

/** The status that reports an error; undefined for an error that the hook should fail with. */
export function statusOf(thrown: unknown): Status | undefined {
  if (!isCondition(thrown)) return undefined;
  const remedy = thrown instanceof ConditionError ? thrown.remedy : REMEDY_OF_LXD[thrown.code];
  const name = STATUS_OF_REMEDY[remedy];
  const text = textOf(thrown);
  switch (remedy) {
    case "person":
      // A person has to act on it, and needs all of it: several invalid options are reported together.
      return { name, message: inOneLine(text) };
    case "outside":
      return { name, message: shorten(text) };
    case "retry":
      return { name, message: `Retrying: ${shorten(text)}` };
  }
}

/** How an action tells an error that a status would tell: in the same words, but nobody tries an action again. */
export function failureOf(thrown: unknown): string | undefined {
  const status = statusOf(thrown);
  return status?.name === "maintenance" ? status.message.replace(/^Retrying: /, "") : status?.message;
}

function textOf(condition: Condition): string {
  const title = condition instanceof ConditionError ? condition.title : undefined;
  // Of these the person mends the cause, whatever it was that could not be done.
  return title === undefined
    ? condition.message
    : `${title}: ${condition.message.replace(/^Cannot [^:]*: /, "")}`;
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
