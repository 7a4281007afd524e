import type { Status } from "juju-charm";
import { describeStanding, type Standing } from "../metrics/standing.ts";
import type { RunnerCounts } from "../runners/observed-runner.ts";
import type { FailureStatus, ServiceStatus } from "../unit/service-status.ts";
import type { TimerState } from "../unit/ports.ts";
import { describeEvacuation } from "../unit/evacuation.ts";
import { heardError } from "../unit/told-error.ts";
import { CodedError, ConditionError, messageOf, withoutAction, type Remedy } from "charm-kit";
import type { LxdClientError, LxdClientErrorCode } from "lxd-client";

/** Longest reason in a status message, in characters. `juju status` truncates nothing, and an LXD error can be pages. */
const LONGEST_REASON = 400;

/** Problems that a reconcile met. */
export interface Shortcomings {
  /** Failures of single runners. */
  readonly failures: readonly Error[];
  /** Problems that do not stop the unit. */
  readonly notices: readonly string[];
  /** Number of outdated runners that stay until one of their successors is online. @default 0 */
  readonly waiting?: number;
  /** When the next attempt comes, as {@link nextAttempt} words it. @default not told */
  readonly next?: string | undefined;
  /** Number of wanted runners that the machine can hold; a notice says why not more. @default all of them */
  readonly capacity?: number;
  /** Number of wanted runners beyond the usual ones, in place of lost ones. @default 0 */
  readonly replacing?: number | undefined;
  /** How the unit stands against its objective in this month. @default not told */
  readonly standing?: Standing | undefined;
  /** Name of the machine's member of an LXD cluster while it is evacuated. @default it is not */
  readonly evacuated?: string | undefined;
}

/** The status after a reconcile. */
export function summarise(
  counts: RunnerCounts,
  configured: number,
  { failures, notices, waiting = 0, replacing = 0, capacity, next, standing, evacuated }: Shortcomings,
): Status {
  if (evacuated !== undefined) return statusOfEvacuation(counts, evacuated, notices);
  const reason = failures[0] && shorten(rootMessage(failures[0]));
  const present = counts.names.length;
  const wanted = configured + replacing;
  const status = present === 0 && wanted > 0 ? conditionOf(failures, next) : undefined;
  if (status) return status;
  const told = (message: string) => withNext(withNotices(message, notices), next);
  if (present < Math.min(wanted, capacity ?? wanted)) {
    // Runners with a job that ended during the reconcile are missing without a failure.
    const then = reason ? `; retrying: ${reason}` : "; the next reconcile creates the missing ones";
    return present === 0
      ? { name: "maintenance", message: told(`No runner of ${wanted} yet${then}`) }
      : { name: "active", message: told(`${present} of ${wanted} runners${then}`) };
  }
  const message = describeCounts(counts);
  const month = standing && describeStanding(standing);
  return waiting > 0 && reason
    ? { name: "active", message: told(`${message}; ${describeOutdated(waiting)}; retrying: ${reason}`) }
    : {
        name: "active",
        message: withNotices(message, [...notices, ...(month === undefined ? [] : [month])]),
      };
}

/** No runner is missing by a fault, and none will come before the member is back. */
function statusOfEvacuation(counts: RunnerCounts, member: string, notices: readonly string[]): Status {
  const told = describeEvacuation(member, counts.busy);
  return counts.names.length === 0
    ? { name: "waiting", message: withNotices(told, notices) }
    : { name: "active", message: withNotices(describeCounts(counts), [told, ...notices]) };
}

/**
 * The status that the runner service reports: what a reconcile of a hook would show.
 *
 * @returns undefined where a hook has to look itself: before the first round, without a runner image, and after an error
 * that is no condition.
 */
export function summariseService(service: ServiceStatus): Status | undefined {
  const {
    counts,
    wanted,
    capacity = wanted,
    replacing,
    failures,
    fault,
    image,
    notices,
    waiting,
    nextAttemptAt,
    standing,
    evacuated,
    activity,
  } = service;
  // Without a failure, the next round is the next attempt.
  const nextAt = nextAttemptAt ?? (activity.state === "waiting" ? activity.until : undefined);
  const next = nextAt === undefined ? undefined : `next attempt by ${clockTime(nextAt)} UTC`;
  if (fault) return statusOf(heardError(fault), next);
  if (!counts || wanted === undefined || image === "missing") return undefined;
  // The reasons why runners are missing come first.
  const isOfRemoval = ({ concern }: FailureStatus) => concern === "removal";
  const sorted = [...failures.filter((each) => !isOfRemoval(each)), ...failures.filter(isOfRemoval)];
  return summarise(counts, wanted, {
    failures: sorted.map(({ error }) => heardError(error)),
    notices,
    waiting,
    next,
    standing,
    evacuated,
    replacing,
    ...(capacity !== undefined && { capacity }),
  });
}

function clockTime(at: number): string {
  return new Date(Math.ceil(at / 60_000) * 60_000).toISOString().slice(11, 16);
}

/**
 * When the unit tries again, for the end of a status.
 *
 * @param minutes the option `reconcile-interval`; timers add up to a quarter of it.
 * @param now milliseconds since the Unix epoch.
 */
export function nextAttempt(timers: TimerState, minutes: number, now: number): string {
  if (timers !== "running")
    return "next attempt at the next event, or by reconcile-runners: no timers run here";
  return `next attempt by ${clockTime(now + minutes * 75_000)} UTC`;
}

function withNext(message: string, next: string | undefined): string {
  return next === undefined ? message : `${message}; ${next}`;
}

/** With no runner at all, a failure that only a person or another system can end decides the status. */
function conditionOf(failures: readonly Error[], next: string | undefined): Status | undefined {
  const conditions = failures.flatMap(conditionsIn);
  const last = (["person", "outside"] as const)
    .map((remedy) => conditions.find((condition) => condition.remedy === remedy))
    .find((condition) => condition !== undefined);
  return last && statusOf(last, next);
}

function conditionsIn(thrown: unknown): readonly ConditionError[] {
  if (!(thrown instanceof Error)) return [];
  return [...(thrown instanceof ConditionError ? [thrown] : []), ...conditionsIn(thrown.cause)];
}

function describeOutdated(count: number): string {
  return count === 1
    ? "1 keeps its earlier configuration until a successor is online"
    : `${count} keep their earlier configuration until a successor is online`;
}

/** A status message with notices appended. */
export function withNotices(message: string, notices: readonly string[]): string {
  return [message, ...notices.map(shorten)].join("; ");
}

/** For example `8 runners: 5 idle, 3 busy; 1 on standby`. */
export function describeCounts(counts: RunnerCounts): string {
  const present = counts.names.length;
  const parts = [
    [counts.online, "idle"],
    [counts.busy, "busy"],
    [counts.offline + counts.unknown, "starting or ending"],
  ] as const;
  const listed = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  const noun = present === 1 ? "1 runner" : `${present} runners`;
  const runners = listed.length > 0 ? `${noun}: ${listed.join(", ")}` : noun;
  return counts.standby > 0 ? `${runners}; ${counts.standby} on standby` : runners;
}

/** Why timers do not fire, with the remedy; undefined when they fire. */
export function lackOf(timers: TimerState): string | undefined {
  switch (timers) {
    case "running":
      return undefined;
    case "stopped":
      return "the timers are stopped; update-status starts them";
    case "no-systemd":
      return "this machine does not run systemd; run the action reconcile-runners, or dispatch the event of that name from cron";
    case "no-dispatcher":
      return "this machine has no juju-exec; run the action reconcile-runners, or dispatch the event of that name from cron";
  }
}

/** The status for a condition, by its remedy. */
const STATUS_OF_REMEDY: Readonly<Record<Remedy, Status["name"]>> = {
  person: "blocked",
  outside: "waiting",
  retry: "maintenance",
};

/** The remedies of the LXD client's errors, which know nothing of a unit. */
const REMEDY_OF_LXD: Readonly<Record<LxdClientErrorCode, Remedy>> = {
  lxd: "retry",
  "lxd-answer": "retry",
  "lxd-operation": "retry",
  "lxd-operation-unseen": "retry",
  "lxd-output-limit": "retry",
  "lxd-unreachable": "person",
};

/** An error that the status reports. Framework errors are none of these: they fail the hook, and Juju retries it. */
type Condition = ConditionError | LxdClientError;

/** Whether the status reports an error instead of failing the hook. */
export function isCondition(thrown: unknown): thrown is Condition {
  // Compares codes, since an unobserved event must not load the LXD client for its error classes.
  return thrown instanceof ConditionError || isLxdClientError(thrown);
}

function isLxdClientError(thrown: unknown): thrown is LxdClientError {
  return thrown instanceof CodedError && Object.hasOwn(REMEDY_OF_LXD, thrown.code);
}

function remedyOf(condition: Condition): Remedy {
  if (condition instanceof ConditionError) return condition.remedy;
  // LXD was there when the call began: it is being restarted, or was too busy.
  const isLost = "reason" in condition && condition.reason === "lost";
  return isLost ? "retry" : REMEDY_OF_LXD[condition.code];
}

/** The check that notices the end of a condition. */
export function checkOf(condition: Condition): ConditionError["checkedBy"] {
  if (condition instanceof ConditionError) return condition.checkedBy;
  return condition.code === "lxd-unreachable" ? "update-status" : "reconcile";
}

/**
 * The status that reports an error; undefined for an error that the hook should fail with.
 *
 * @param next when the next attempt comes, for a condition that no person ends. @default not told
 */
export function statusOf(thrown: unknown, next?: string): Status | undefined {
  if (!isCondition(thrown)) return undefined;
  const remedy = remedyOf(thrown);
  const name = STATUS_OF_REMEDY[remedy];
  const text = textOf(thrown);
  switch (remedy) {
    case "person":
      // Not shortened: several invalid options are reported together, and each needs action.
      return { name, message: inOneLine(text) };
    case "outside":
      return { name, message: withNext(shorten(text), next) };
    case "retry":
      return { name, message: withNext(`Retrying: ${shorten(text)}`, next) };
  }
}

/** The failure message of an action: the status message without "Retrying", since no action is retried. */
export function failureOf(thrown: unknown): string | undefined {
  const status = statusOf(thrown);
  return status?.name === "maintenance" ? status.message.replace(/^Retrying: /, "") : status?.message;
}

function textOf(condition: Condition): string {
  const title = condition instanceof ConditionError ? condition.title : undefined;
  // A titled condition has one remedy, whichever operation failed.
  return title === undefined ? condition.message : `${title}: ${withoutAction(condition.message)}`;
}

/** The innermost cause has the most specific message, but what is behind an error of the LXD client is only its library. */
function rootMessage(error: Error): string {
  if (isLxdClientError(error)) return error.message;
  return error.cause instanceof Error ? rootMessage(error.cause) : messageOf(error);
}

function shorten(text: string): string {
  const line = inOneLine(text);
  return line.length <= LONGEST_REASON ? line : `${line.slice(0, LONGEST_REASON - 1)}…`;
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
