import type { Machine, Registration } from "./ports.ts";
import { utcMinute } from "./utc-minute.ts";

/**
 * How long a guest's claim of a job keeps its instance while GitHub lists the runner as idle, as offline, or not at all, in
 * milliseconds. Longer than GitHub's lists lag and its incidents last.
 */
export const UNLISTED_JOB_MS = 6 * 60 * 60_000;

/**
 * The same when GitHub says that the job has ended, in milliseconds: a runner application that GitHub has cancelled a job of
 * may hang. An application that does not reports its end within minutes.
 */
export const ENDED_JOB_MS = 15 * 60_000;

/** GitHub ends each job on a self-hosted runner after this time (https://docs.github.com/actions/reference/limits). */
export const LONGEST_JOB_MS = 5 * 24 * 60 * 60_000;

/** A job that runs for so long past its runner's deadline is shown in the status. */
const SHOWN_AFTER_MS = 24 * 60 * 60_000;

/** A runner that keeps its slot although it should be gone. */
export interface HeldRunner {
  readonly runner: string;
  /** `guest`: only the guest says that it has a job. `github`: GitHub lists a job that is old. */
  readonly saidBy: "guest" | "github";
  /** When it is removed at the latest, in milliseconds since the Unix epoch. */
  readonly endsAt: number;
}

/**
 * When an instance is removed although its guest says that it has a job, in milliseconds since the Unix epoch. Pure.
 *
 * @param isAsked whether GitHub's list of the runner's scope could be read.
 */
export function claimEndsAt(
  { deadline, suspectSince }: Pick<Machine, "deadline" | "suspectSince">,
  registration: Registration | undefined,
  isAsked: boolean,
  now: number,
): number {
  // Nobody else can say whether the job is real; none that began before the deadline lasts longer.
  if (!isAsked || registration?.isUnreadable) return deadline + LONGEST_JOB_MS;
  return (suspectSince ?? now) + UNLISTED_JOB_MS;
}

/** When a runner is removed although GitHub lists it as busy, in milliseconds since the Unix epoch. Pure. */
export function busyEndsAt({ busySince }: Pick<Machine, "busySince">, now: number): number {
  return (busySince ?? now) + LONGEST_JOB_MS;
}

/**
 * Whether a runner that GitHub lists as busy past its deadline is asked for its job. Pure. After its incidents, GitHub has
 * listed runners as busy for ever.
 */
export function isLongOverdue({ busySince }: Pick<Machine, "busySince">, now: number): boolean {
  return busySince !== undefined && now - busySince >= ENDED_JOB_MS;
}

/** The runners whose job is listed by GitHub and is old. Pure. */
export function longBusy(machines: readonly Machine[], now: number): readonly HeldRunner[] {
  return machines.flatMap((machine) => {
    const { name: runner, busySince } = machine;
    if (busySince === undefined || now - busySince < SHOWN_AFTER_MS) return [];
    return [{ runner, saidBy: "github" as const, endsAt: busyEndsAt(machine, now) }];
  });
}

/** One notice for all runners that are held for the same reason. Pure. */
export function describeHeld(held: readonly HeldRunner[]): readonly string[] {
  return (["guest", "github"] as const).flatMap((saidBy) => {
    const ends = held.filter((each) => each.saidBy === saidBy).map(({ endsAt }) => endsAt);
    if (ends.length === 0) return [];
    const last = utcMinute(Math.max(...ends));
    const [who, have, are] =
      ends.length === 1 ? ["1 runner", "has", "it is"] : [`${ends.length} runners`, "have", "they are"];
    const what =
      saidBy === "guest"
        ? `${who} ${ends.length === 1 ? "claims" : "claim"} a job that GitHub does not list`
        : `${who} ${have} been busy for more than a day past the deadline`;
    return [`${what}; ${are} removed by ${last}`];
  });
}
