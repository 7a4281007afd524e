import { isRecent, messageOf, type Clock, type Logger } from "charm-kit";
import type { HeardDemand } from "../unit/demand.ts";
import { judgeJob, type UnitOffer } from "../unit/judge-job.ts";
import type { QueuedJob, QueueSource } from "../unit/ports.ts";
import { publicRepositoriesOf } from "../unit/queue-evidence.ts";
import { pauseBefore } from "./hear-demand.ts";

/** How often GitHub's REST API is asked beside messages that do not come. */
const INTERVAL_MS = 10 * 60_000;
/** GitHub assigns a job within seconds, and its lists lag: a younger one proves nothing. */
const OVERDUE_MS = 3 * 60_000;

/** When the REST API is asked the next time. Pure. */
export interface WitnessMoment {
  readonly now: number;
  /** When it was asked last, in milliseconds since the Unix epoch; undefined for never. */
  readonly askedAt: number | undefined;
  /** When a message came last, or the process began. */
  readonly messageAt: number;
  /** From 0 to 1: an interval is between three quarters and five quarters of its length. */
  readonly jitter: number;
}

/**
 * Whether to ask GitHub's REST API. Pure. Only where messages could be missing: none has come for an interval, and the unit
 * has room for further jobs. After a new session that did not help, intervals grow.
 */
export function isWitnessDue(
  { assigned, suspicion }: Pick<HeardDemand, "assigned" | "suspicion">,
  capacity: number,
  { now, askedAt, messageAt, jitter }: WitnessMoment,
): boolean {
  if (assigned >= capacity) return false;
  const attempts = suspicion?.kind === "missing" ? suspicion.attempts : 0;
  const withinMs = pauseBefore(attempts, INTERVAL_MS) * (0.75 + jitter / 2);
  return [messageAt, askedAt].every((at) => !isRecent(at, { now, withinMs }));
}

/**
 * Number of jobs that GitHub should have assigned to the unit's scale set, and has not. Pure. Jobs that are assigned and wait
 * for their runner are shown as queued too.
 */
export function missingJobs(
  jobs: readonly QueuedJob[],
  { assigned, running }: Pick<HeardDemand, "assigned" | "running">,
  offer: UnitOffer & { readonly capacity: number },
  now: number,
): number {
  const overdue = ownJobs(jobs, offer).filter(({ queuedAt }) => now - queuedAt >= OVERDUE_MS);
  const room = Math.max(0, offer.capacity - assigned);
  return Math.min(room, Math.max(0, overdue.length - Math.max(0, assigned - running)));
}

function ownJobs(jobs: readonly QueuedJob[], offer: UnitOffer): readonly QueuedJob[] {
  return jobs.filter((job) => judgeJob(job, offer).some(({ obstacle }) => obstacle === undefined));
}

export interface SecondWitnessDependencies {
  readonly queue: QueueSource;
  /** What jobs may ask for in `runs-on`. */
  readonly labels: readonly string[];
  /** Name of the scale set. */
  readonly scaleSet: string;
  /** Number of jobs that GitHub may assign to it at present. */
  readonly capacity: () => number;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to 1, another one at each call. */
  readonly random: () => number;
}

/** What GitHub's REST API shows of the unit's jobs. */
export interface Testimony {
  /** Jobs that should have been assigned. */
  readonly missing: number;
  /** Jobs that wait for a runner of the unit, assigned ones too. */
  readonly shown: number;
}

/** Asks GitHub's REST API whether messages and figures tell the truth. Cheap, slow and best effort. */
export class SecondWitness {
  readonly #dependencies: SecondWitnessDependencies;
  #askedAt: number | undefined;
  #messageAt: number;
  #jitter: number;

  constructor(dependencies: SecondWitnessDependencies) {
    this.#dependencies = dependencies;
    this.#messageAt = dependencies.clock.now();
    this.#jitter = dependencies.random();
  }

  /** A message has come: GitHub tells of jobs. */
  heard(): void {
    this.#messageAt = this.#dependencies.clock.now();
  }

  /** Whether GitHub is worth a question now. */
  isDue(heard: HeardDemand): boolean {
    const { capacity, clock } = this.#dependencies;
    const moment = {
      now: clock.now(),
      askedAt: this.#askedAt,
      messageAt: this.#messageAt,
      jitter: this.#jitter,
    };
    return isWitnessDue(heard, capacity(), moment);
  }

  /** @returns undefined where GitHub does not tell. @throws the signal's reason. */
  async ask(heard: HeardDemand, signal: AbortSignal): Promise<Testimony | undefined> {
    const { capacity, clock, labels, log, queue, random, scaleSet } = this.#dependencies;
    this.#askedAt = clock.now();
    this.#jitter = random();
    try {
      const { jobs } = await queue.read(heard.repositories ?? [], signal);
      const rules = jobs.length === 0 ? undefined : await queue.groupRules(signal);
      const publicRepositories = await publicRepositoriesOf(jobs, rules, queue, signal);
      const offer = { capacity: capacity(), labels, scaleSet, rules, publicRepositories };
      return { missing: missingJobs(jobs, heard, offer, clock.now()), shown: ownJobs(jobs, offer).length };
    } catch (thrown) {
      signal.throwIfAborted();
      log.debug("Cannot read queued jobs from GitHub's REST API", { reason: messageOf(thrown) });
      return undefined;
    }
  }
}
