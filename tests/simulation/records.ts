import type { Chance } from "./chance.ts";

/** A job from its queueing to its end. All times in milliseconds since the Unix epoch. */
export interface SimulatedJob {
  readonly id: number;
  readonly queuedAt: number;
  readonly lengthMs: number;
  state: "queued" | "assigned" | "handed" | "running" | "completed" | "failed";
  /** When GitHub first assigned it to a unit. */
  assignedAt: number | undefined;
  /** When GitHub first had a runner for it that listened. */
  readyAt: number | undefined;
  endedAt: number | undefined;
  /** How often its first step has begun. */
  starts: number;
  requeues: number;
  /** Whether a runner lost it before it began. */
  wasLost: boolean;
  /** When GitHub gave it to the unit again. */
  returnedAt: number | undefined;
}

/** What a request to GitHub is for. Those of the REST API count against its limits. */
export type RequestKind =
  | "rest: list of runners"
  | "rest: list of runners, unchanged"
  | "rest: deregistration"
  | "rest: runner application"
  | "rest: job for the metrics"
  | "session"
  | "poll"
  | "acknowledgement"
  | "figures"
  | "registration";

/** How the world stood at one instant. */
export interface Sample {
  readonly at: number;
  /** Jobs with a runner. */
  readonly running: number;
  /** Jobs that are assigned and have none. */
  readonly waiting: number;
  /** Jobs that no unit has room for. */
  readonly queued: number;
  readonly registrations: number;
}

/** A time in which something fails. */
export interface FaultTime {
  readonly what: string;
  readonly from: number;
  readonly to: number;
}

/** Everything that a simulation has counted. */
export class Records {
  readonly jobs: SimulatedJob[] = [];
  readonly requests = new Map<RequestKind, number>();
  readonly samples: Sample[] = [];
  /** Rules of the unit that were broken: there are none. */
  readonly broken: string[] = [];
  /** Jobs whose instance a unit has ended. */
  killed = 0;
  /** Milliseconds from the return of a job, which a runner did not get, until another one listened for it. */
  readonly secondWaits: number[] = [];
  runners = 0;
  /** Runners that took a standby instance. */
  fromStandby = 0;
  rounds = 0;
  kills = 0;
  /** Most requests that count, of one path in one hour. */
  busiestHour = 0;
  /** Requests that GitHub refused for its limit. */
  refusedForLimit = 0;
  failedRequests = 0;

  count(kind: RequestKind): void {
    this.requests.set(kind, (this.requests.get(kind) ?? 0) + 1);
  }
}

/** A job that is queued now. */
export function newJob(id: number, queuedAt: number, chance: Chance): SimulatedJob {
  return {
    id,
    queuedAt,
    lengthMs: Math.min(LONGEST_MS, chance.logNormal(MEDIAN_MS, 1)),
    state: "queued",
    assignedAt: undefined,
    readyAt: undefined,
    endedAt: undefined,
    starts: 0,
    requeues: 0,
    wasLost: false,
    returnedAt: undefined,
  };
}

const MEDIAN_MS = 150_000;
const LONGEST_MS = 3_600_000;
