import { isRecord } from "charm-kit";
import type { Demand } from "../runners/plan.ts";
import type { DemandScaling } from "./configuration.ts";
import { slugOf, type UnitOnMachine } from "./unit-slug.ts";

/** What GitHub has told of the jobs of a unit's scale set. The runner service writes it, hooks read it too. */
export interface HeardDemand {
  /** Identifies the scale set that it is about: address, path, group and name. */
  readonly key: string;
  /** GitHub's number of the scale set that the messages are of; undefined before the first session. */
  readonly scaleSetId?: number | undefined;
  /** The last message that was acted on. */
  readonly lastMessageId: number;
  /** Jobs that want a runner of this unit, those that run included. */
  readonly assigned: number;
  readonly running: number;
  /** Since when jobs wait, in milliseconds since the Unix epoch; undefined while none does. */
  readonly waitingSince: number | undefined;
  /** When GitHub told it, in milliseconds since the Unix epoch. */
  readonly heardAt: number;
  /** The waiting jobs that messages have told of, by their number at GitHub, each with the time when it was queued. @default none */
  readonly waiting?: Readonly<Record<string, number>> | undefined;
  /** Repositories that have had jobs, such as `octo/hello`, the last one first. @default none */
  readonly repositories?: readonly string[] | undefined;
  /** Why nothing is heard now; undefined in normal operation. */
  readonly fault?: string | undefined;
  /** What GitHub's messages and figures do not agree with; undefined in normal operation. */
  readonly suspicion?: Suspicion | undefined;
}

/**
 * A demand that seems to be wrong. `unclaimed`: GitHub counts assigned jobs that its idle runners do not get. `missing`:
 * GitHub's REST API shows jobs that are queued, and GitHub does not assign them.
 */
export interface Suspicion {
  readonly kind: "unclaimed" | "missing";
  /** Number of jobs. */
  readonly jobs: number;
  /** Since when, in milliseconds since the Unix epoch. */
  readonly since: number;
  /** How often the session was opened again for it; 1 or more. */
  readonly attempts: number;
  /** When that was last, in milliseconds since the Unix epoch. */
  readonly attemptedAt: number;
  /** How many of the jobs GitHub's REST API shows; undefined where it was not read. */
  readonly shown?: number | undefined;
}

/** A suspicion in words. Pure. */
export function describeSuspicion({ attemptedAt, jobs, kind, shown }: Suspicion): string {
  const many = jobs === 1 ? "1 job" : `${jobs} jobs`;
  const them = jobs === 1 ? "it" : "them";
  const then = `the session was opened again at ${new Date(attemptedAt).toISOString().slice(11, 16)} UTC; githubstatus.com lists incidents`;
  if (kind === "missing")
    return `${many} ${jobs === 1 ? "is" : "are"} queued, and GitHub does not assign ${them} to the scale set; ${then}`;
  const seen =
    shown === undefined ? "" : `, of which its API shows ${shown === 0 ? "none" : shown} as queued`;
  return `GitHub counts ${many} that no idle runner gets${seen}; ${then}`;
}

/** The service hears from GitHub at least once a minute. */
const FRESH_MS = 5 * 60_000;

/**
 * The demand that runners follow. Pure. What GitHub told a while ago counts no longer: then the unit keeps its idle runners.
 *
 * @returns undefined with a fixed number of runners.
 */
export function demandFor(
  scaling: DemandScaling | undefined,
  heard: HeardDemand | null,
  { key, now }: { readonly key: string; readonly now: number },
): Demand | undefined {
  if (scaling === undefined) return undefined;
  const { assigned, running } = isFresh(heard, key, now) ? heard : { assigned: 0, running: 0 };
  return { assigned, running, idle: scaling.idle };
}

/** A new session was not what they lacked. */
const VAIN_ATTEMPTS = 2;

/**
 * Since when idle runners have got none of the jobs that GitHub assigns, though its session was opened again: they may be online
 * for GitHub alone. Pure.
 *
 * @returns in milliseconds since the Unix epoch; undefined where they get jobs, nobody knows, or the jobs do not exist.
 */
export function idleInVainSince(
  heard: HeardDemand | null,
  { key, now }: { readonly key: string; readonly now: number },
): number | undefined {
  if (!isFresh(heard, key, now) || heard.suspicion === undefined) return undefined;
  const { attempts, kind, shown, since } = heard.suspicion;
  const isVain = kind === "unclaimed" && attempts >= VAIN_ATTEMPTS && shown !== 0 && since <= now;
  return isVain ? since : undefined;
}

/** The demand with the jobs of former scale sets, which runners of the unit take too. Pure. */
export function withFormer(
  demand: Demand | undefined,
  former: Pick<Demand, "assigned" | "former" | "running">,
): Demand | undefined {
  return (
    demand && {
      ...demand,
      assigned: demand.assigned + former.assigned,
      running: demand.running + former.running,
      former: former.former,
    }
  );
}

/**
 * The demand with one runner for each former scope that is to be tried again, as far as no other job wants its place: what is
 * wrong with a former path keeps no job of the present one waiting. Pure.
 */
export function withTrials(demand: Demand, untried: readonly string[], room: number): Demand {
  const free = Math.max(0, room - demand.assigned);
  const tried = new Set(untried.slice(0, free));
  const former = demand.former?.map((each) => {
    const isTried = each.scopeKey !== undefined && tried.has(each.scopeKey);
    return isTried ? { ...each, waiting: each.waiting + 1, missing: 1 } : each;
  });
  return { ...demand, assigned: demand.assigned + tried.size, former };
}

/** What a person should know of the demand. Pure. */
export function describeDemand(
  scaling: DemandScaling | undefined,
  heard: HeardDemand | null,
  { key, now }: { readonly key: string; readonly now: number },
): readonly string[] {
  if (scaling === undefined) return [];
  const last = heard;
  if (!isFresh(heard, key, now)) {
    const idle = scaling.idle === 1 ? "1 idle runner is" : `${scaling.idle} idle runners are`;
    const fault = last?.key === key && last.fault !== undefined ? [last.fault] : [];
    return [...fault, `the runner service has not heard of GitHub's jobs for 5 minutes: ${idle} kept`];
  }
  const waiting = Math.max(0, heard.assigned - heard.running);
  const jobs = waiting === 1 ? "1 job waits" : `${waiting} jobs wait`;
  const longest = durationText(Math.max(0, now - (heard.waitingSince ?? now)));
  return [
    ...(waiting === 0 ? [] : [`${jobs} (longest ${longest})`]),
    ...(heard.fault === undefined ? [] : [heard.fault]),
    ...(heard.suspicion === undefined ? [] : [describeSuspicion(heard.suspicion)]),
  ];
}

/** A notice of waiting jobs without the time that passes: what is left is news. Pure. */
export function withoutDuration(notice: string): string {
  return notice.replace(/ \(longest [^)]*\)$/, "");
}

function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** Whether GitHub told it a short time ago, of this scale set. Pure. */
export function isFresh(heard: HeardDemand | null, key: string, now: number): heard is HeardDemand {
  return heard?.key === key && Math.abs(now - heard.heardAt) < FRESH_MS;
}

/** @returns null for anything else than a demand. */
export function parseHeardDemand(stored: unknown): HeardDemand | null {
  const fields = Object(stored) as Partial<Record<keyof HeardDemand, unknown>>;
  const {
    key,
    scaleSetId,
    lastMessageId,
    assigned,
    running,
    waitingSince,
    heardAt,
    waiting,
    repositories,
    fault,
    suspicion,
  } = fields;
  const isWhole =
    typeof key === "string" &&
    typeof lastMessageId === "number" &&
    typeof assigned === "number" &&
    typeof running === "number" &&
    typeof heardAt === "number";
  if (!isWhole) return null;
  return {
    ...{ key, lastMessageId, assigned, running, heardAt },
    waitingSince: typeof waitingSince === "number" ? waitingSince : undefined,
    ...(typeof scaleSetId === "number" && { scaleSetId }),
    ...(isRecord(waiting) && { waiting: timesOf(waiting) }),
    ...(Array.isArray(repositories) && {
      repositories: repositories.filter((name): name is string => typeof name === "string"),
    }),
    ...(typeof fault === "string" && { fault }),
    ...(isSuspicion(suspicion) && { suspicion }),
  };
}

function isSuspicion(stored: unknown): stored is Suspicion {
  if (!isRecord(stored) || (stored["kind"] !== "unclaimed" && stored["kind"] !== "missing")) return false;
  const { attemptedAt } = stored;
  const isTime = typeof attemptedAt === "number" && Number.isFinite(new Date(attemptedAt).getTime());
  return isTime && ["jobs", "since", "attempts"].every((key) => Number.isFinite(stored[key]));
}

function timesOf(stored: Readonly<Record<string, unknown>>): Readonly<Record<string, number>> {
  const times = Object.entries(stored).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );
  return Object.fromEntries(times);
}

/** Name of a unit's scale set. */
export function scaleSetName({ scaleSetName: name }: DemandScaling, unit: UnitOnMachine): string {
  return name === "" ? slugOf(unit) : name;
}
