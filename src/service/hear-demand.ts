import type { HeardDemand, Suspicion } from "../unit/demand.ts";
import type { DemandBatch, DemandFigures } from "./ports.ts";

/** What a listener knows. */
export interface Hearing {
  readonly heard: HeardDemand;
  /** Since when jobs are assigned that no idle runner gets, in milliseconds since the Unix epoch; undefined otherwise. */
  readonly unclaimedSince: number | undefined;
  /** Number of jobs that the unit can serve. */
  readonly capacity: number;
}

/** An idle runner takes its job within seconds: a demand that stays for longer is none. */
const UNCLAIMED_MS = 3 * 60_000;

/** A hearing that begins: what an earlier process heard of the same scale set goes on. */
export function firstHearing(
  before: HeardDemand | null,
  key: string,
  now: number,
  capacity = Infinity,
): Hearing {
  const heard =
    before?.key === key
      ? before
      : { key, lastMessageId: 0, assigned: 0, running: 0, waitingSince: undefined, heardAt: now };
  return { heard, unclaimedSince: undefined, capacity };
}

/**
 * What is known with the session of a scale set. Pure. One that GitHub has deleted and the unit has made again counts its
 * messages from the beginning: the last number of the other one would hide them all.
 */
export function inScaleSet(hearing: Hearing, scaleSetId: number): Hearing {
  const { heard } = hearing;
  const { scaleSetId: before = scaleSetId } = heard;
  const isOther = before !== scaleSetId;
  return { ...hearing, heard: { ...heard, scaleSetId, ...(isOther && { lastMessageId: 0, waiting: {} }) } };
}

/**
 * What is known after GitHub has told figures. Pure. Figures are the truth: messages only say that they may have changed.
 *
 * @param queuedAt when the waiting jobs were queued, as far as that is known, in milliseconds since the Unix epoch.
 */
export function afterFigures(
  { heard, unclaimedSince, capacity }: Hearing,
  { assigned, running, idle }: DemandFigures,
  now: number,
  queuedAt: readonly number[] = [],
): Hearing {
  const waiting = Math.max(0, assigned - running);
  // The jobs that waited longest were taken first: where a message of that was lost, they are too many here.
  const newest = Object.entries(heard.waiting ?? {}).sort(([, left], [, right]) => right - left);
  const known = newest.slice(0, waiting);
  const [, oldest = now] = known.at(-1) ?? [];
  const before = heard.waitingSince ?? Math.min(now, ...queuedAt);
  // Messages tell of 50 jobs at most: others may wait for longer.
  const since = known.length === waiting ? oldest : Math.min(oldest, before);
  // Beyond what the unit can serve, jobs wait for busy runners.
  const isUnclaimed = waiting > 0 && idle > 0 && idle >= Math.min(waiting, capacity - running);
  const isOver = heard.suspicion?.kind === "unclaimed" && !isUnclaimed;
  return {
    capacity,
    heard: {
      ...heard,
      ...(isOver && { suspicion: undefined }),
      ...{ assigned, running, heardAt: now, waitingSince: waiting > 0 ? since : undefined },
      ...(heard.waiting && { waiting: Object.fromEntries(known) }),
    },
    // A time in the future is from before the clock was set back.
    unclaimedSince: isUnclaimed ? Math.min(unclaimedSince ?? now, now) : undefined,
  };
}

/**
 * What is known after a batch of messages. Pure. One that came before, or that a later one has overtaken, tells nothing new.
 */
export function afterBatch(hearing: Hearing, batch: DemandBatch, now: number): Hearing {
  const { heard } = hearing;
  if (batch.id <= heard.lastMessageId) return { ...hearing, heard: { ...heard, heardAt: now } };
  const told = { ...waitingAfter(heard, batch, now), lastMessageId: batch.id, heardAt: now };
  const isHeard = batch.jobs?.some(({ state }) => state === "waiting") === true;
  const isOver = isHeard && told.suspicion?.kind === "missing";
  const hasBegun = batch.jobs?.some(({ state }) => state === "running") === true;
  const next = {
    ...hearing,
    ...(hasBegun && { unclaimedSince: undefined }),
    heard: isOver ? { ...told, suspicion: undefined } : told,
  };
  return batch.figures === undefined ? next : afterFigures(next, batch.figures, now, batch.queuedAt);
}

/**
 * Whether a batch assigns more jobs than its figures count. Pure. GitHub has been seen to count before it assigns, and to tell
 * nothing more of it.
 */
export function isContradictory({ heard }: Hearing, batch: DemandBatch, now: number): boolean {
  if (batch.figures === undefined || batch.id <= heard.lastMessageId) return false;
  const { waiting = {} } = waitingAfter(heard, batch, now);
  return Object.keys(waiting).length > batch.figures.assigned;
}

/** What is known after a time without messages. Pure. */
export function afterSilence(hearing: Hearing, now: number): Hearing {
  return { ...hearing, heard: { ...hearing.heard, heardAt: now } };
}

/**
 * The message after which a new session asks for others. Pure. Where jobs are missing, all that are not acknowledged come again:
 * one that a later message has overtaken may offer them.
 */
export function sessionBegin({ lastMessageId, suspicion }: HeardDemand): number {
  return suspicion?.kind === "missing" ? 0 : lastMessageId;
}

/** Whether GitHub counts jobs that its idle runners do not get, for so long that the session is worth a new start. Pure. */
export function isPhantom({ unclaimedSince, heard: { suspicion } }: Hearing, now: number): boolean {
  const attempts = suspicion?.kind === "unclaimed" ? suspicion.attempts : 0;
  return unclaimedSince !== undefined && now - unclaimedSince >= pauseBefore(attempts, UNCLAIMED_MS);
}

/** Longest pause between two sessions that are opened for a suspicion. */
const LONGEST_PAUSE_MS = 2 * 60 * 60_000;

/** A new session that did not help is not likely to help soon. Pure. */
export function pauseBefore(attempts: number, firstMs: number): number {
  return Math.min(LONGEST_PAUSE_MS, firstMs * 2 ** attempts);
}

/** What is known once the session is opened again for a suspicion. Pure. */
export function afterAttempt(
  hearing: Hearing,
  found: Pick<Suspicion, "kind" | "jobs" | "shown">,
  now: number,
): Hearing {
  const { heard, unclaimedSince } = hearing;
  const before = heard.suspicion?.kind === found.kind ? heard.suspicion : undefined;
  const since = before?.since ?? (found.kind === "unclaimed" ? unclaimedSince : undefined) ?? now;
  const attempts = (before?.attempts ?? 0) + 1;
  const suspicion = { ...found, since, attempts, attemptedAt: now };
  return { ...hearing, unclaimedSince: undefined, heard: { ...heard, suspicion } };
}

/** What is known once the REST API shows no job any more that is not assigned. Pure. */
export function afterAllAssigned(hearing: Hearing): Hearing {
  const isOver = hearing.heard.suspicion?.kind === "missing";
  return isOver ? { ...hearing, heard: { ...hearing.heard, suspicion: undefined } } : hearing;
}

/** Most repositories that are remembered. */
const MOST_REPOSITORIES = 10;

/** Adds what messages tell of single jobs. A job that is given back waits since it was first queued. */
function waitingAfter(heard: HeardDemand, { jobs }: DemandBatch, now: number): HeardDemand {
  if (jobs === undefined || jobs.length === 0) return heard;
  const waiting = new Map(Object.entries(heard.waiting ?? {}));
  for (const { id, queuedAt = now, state } of jobs) {
    if (state !== "waiting") waiting.delete(String(id));
    else waiting.set(String(id), Math.min(now, queuedAt, waiting.get(String(id)) ?? now));
  }
  const last = jobs.flatMap(({ repository }) => repository ?? []).reverse();
  const repositories = [...new Set([...last, ...(heard.repositories ?? [])])].slice(0, MOST_REPOSITORIES);
  return { ...heard, waiting: Object.fromEntries(waiting), repositories };
}
