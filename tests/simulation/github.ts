import type { DemandBatch, DemandFigures } from "../../src/service/ports.ts";
import type { Registration } from "../../src/runners/ports.ts";
import { ALWAYS, type Fault, type FaultPlan } from "./faults.ts";
import type { Chance } from "./chance.ts";
import type { Records, RequestKind, SimulatedJob } from "./records.ts";
import { RateLimitError, UnavailableError } from "../../src/github/errors.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** A runner's guest, as GitHub's runner application sees it. */
export interface Guest {
  readonly isRunning: boolean;
  /** Runs a job; it tells GitHub when that has ended. */
  startJob(job: SimulatedJob, onEnd: () => void): void;
  /** Its application has no registration any more. @param livesOn whether it does not notice */
  drop(livesOn: boolean): void;
}

interface SimulatedRegistration {
  readonly id: number;
  readonly name: string;
  readonly set: SimulatedSet;
  guest: Guest | undefined;
  online: boolean;
  job: SimulatedJob | undefined;
  isBusy: boolean;
}

/** GitHub's side of a session. */
export interface SimulatedSession {
  polls: number;
  lastContact: number;
}

/** A scale set of GitHub's. */
export class SimulatedSet {
  readonly name: string;
  readonly path: SimulatedPath;
  readonly most: number;
  readonly waiting: SimulatedJob[] = [];
  readonly runners = new Set<SimulatedRegistration>();
  handed = 0;
  running = 0;
  capacity = 0;
  session: SimulatedSession | undefined;
  /** Whether something has changed that no batch has told. */
  isDirty = false;
  lastBatch: DemandBatch | undefined;
  lastId = 0;
  /** Told of a change: a poll waits. */
  onChange: (() => void) | undefined;

  constructor(name: string, path: SimulatedPath, most: number) {
    this.name = name;
    this.path = path;
    this.most = most;
  }

  get assigned(): number {
    return this.waiting.length + this.handed + this.running;
  }
}

/** An organisation, for example: its runners are in one list, and its requests under one limit. */
export class SimulatedPath {
  readonly name: string;
  readonly sets: SimulatedSet[] = [];
  readonly queue: SimulatedJob[] = [];
  readonly registrations = new Map<number, SimulatedRegistration>();
  /** Another number after each change of the list of runners. */
  version = 0;
  hour = 0;
  used = 0;

  constructor(name: string) {
    this.name = name;
  }
}

/** GitHub's own shares of what takes time, in milliseconds. */
const TAKES = {
  /** From a change to the answer of a poll. */
  message: [50, 200],
  /** From a job and a runner that listens to the job's arrival at the runner. */
  handing: [300, 900],
  /** Before a job that its runner did not get is given to another one. */
  requeue: [15_000, 60_000],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;
/** Times of answers. The one of a registration is that which a vendor publishes. */
const ANSWERS: Readonly<Record<RequestKind, readonly [number, number]>> = {
  "rest: list of runners": [150, 400],
  "rest: list of runners, unchanged": [150, 400],
  "rest: deregistration": [150, 300],
  "rest: runner application": [100, 300],
  "rest: job for the metrics": [100, 300],
  session: [150, 400],
  poll: [30, 100],
  acknowledgement: [30, 100],
  figures: [100, 200],
  registration: [500, 900],
};
const HOUR_MS = 3_600_000;
/** GitHub's limit for a token or an installation. */
const REST_LIMIT = 5000;
const PER_PAGE = 100;
const MOST_REQUEUES = 3;
/** GitHub gives a job up whose runner has not been heard of for so long. */
const MISSED_MS = 10 * 60_000;

export interface GithubParts {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly faults: FaultPlan;
  readonly records: Records;
}

/** GitHub in virtual time: jobs, scale sets and runners of all paths, and what goes wrong there. */
export class SimulatedGithub {
  readonly paths: SimulatedPath[] = [];
  readonly #parts: GithubParts;
  #lastRunner = 0;

  constructor(parts: GithubParts) {
    this.#parts = parts;
  }

  queue(path: SimulatedPath, job: SimulatedJob): void {
    this.#parts.records.jobs.push(job);
    path.queue.push(job);
    this.assign(path);
  }

  /** Gives queued jobs to scale sets with room; of several, any. */
  assign(path: SimulatedPath): void {
    const { chance, time } = this.#parts;
    for (let job = path.queue[0]; job; job = path.queue[0]) {
      const free = path.sets.filter((set) => set.assigned < set.capacity);
      if (free.length === 0) return;
      path.queue.shift();
      const set = chance.pick(free);
      job.state = "assigned";
      job.assignedAt ??= time.now;
      set.waiting.push(job);
      this.#changed(set);
    }
  }

  /** How long the answer to a request takes. */
  delay(kind: RequestKind): number {
    const [least, most] = ANSWERS[kind];
    return this.#parts.chance.between(least, most);
  }

  /** What a request does at the moment at which GitHub carries it out. */
  carryOut<T>(kind: RequestKind, path: SimulatedPath, effect: () => T): T {
    const { chance, faults, records, time } = this.#parts;
    records.count(kind);
    const isRest = kind.startsWith("rest: ");
    if (isRest) this.#limit(kind, path, faults.at(time.now));
    if (!chance.happens(faults.probability(time.now, ({ failingRequests }) => failingRequests)))
      return effect();
    records.failedRequests += 1;
    // Half of the answers are lost after the effect.
    if (chance.happens(0.5)) effect();
    throw new UnavailableError(`ask for ${kind}`, "GitHub answered 502", {
      status: 502,
      requestId: undefined,
    });
  }

  #limit(kind: RequestKind, path: SimulatedPath, faults: readonly (Fault & { readonly to: number })[]): void {
    const { records, time } = this.#parts;
    const hour = Math.floor(time.now / HOUR_MS);
    if (hour !== path.hour) Object.assign(path, { hour, used: 0 });
    const refuse = (limit: "primary" | "secondary", resetAt: number): never => {
      records.refusedForLimit += 1;
      throw new RateLimitError(`ask for ${kind}`, { limit, resetAt }, { status: 429, requestId: undefined });
    };
    const limited = faults.find((fault) => this.#parts.faults.concerns(fault, fault.limitedPaths, path.name));
    if (limited) refuse("secondary", limited.to);
    const cost =
      kind === "rest: list of runners" ? Math.max(1, Math.ceil(path.registrations.size / PER_PAGE)) : 1;
    if (kind === "rest: list of runners, unchanged") return;
    if (path.used + cost > REST_LIMIT) refuse("primary", (hour + 1) * HOUR_MS);
    path.used += cost;
    records.busiestHour = Math.max(records.busiestHour, path.used);
  }

  figures(set: SimulatedSet): DemandFigures {
    const { faults, time } = this.#parts;
    const phantom = faults
      .at(time.now)
      .filter((fault) => faults.concerns(fault, fault.phantomSets, set.name)).length;
    const idle = [...set.runners].filter(({ isBusy, online }) => online && !isBusy).length;
    // Two of them in each such set.
    return { assigned: set.assigned + 2 * phantom, running: set.running, idle };
  }

  /** The batch that a poll is answered with now; undefined while there is none, or messages hang. */
  nextBatch(set: SimulatedSet): DemandBatch | undefined {
    const { chance, faults, time } = this.#parts;
    const hangs = faults.at(time.now).some((fault) => faults.concerns(fault, fault.hungSets, set.name));
    if (!set.isDirty || hangs) return undefined;
    set.isDirty = false;
    const { lastBatch } = set;
    const batch: DemandBatch = {
      id: (set.lastId += 1),
      figures: this.figures(set),
      offered: [],
      queuedAt: set.waiting.map(({ queuedAt }) => queuedAt),
      waits: [],
    };
    set.lastBatch = batch;
    if (chance.happens(ALWAYS.badMessage)) return undefined;
    // What it told is told again, or comes only now.
    const isBad = chance.happens(2 * ALWAYS.badMessage);
    if (isBad && lastBatch) {
      set.isDirty = true;
      return lastBatch;
    }
    return batch;
  }

  messageDelay(): number {
    return this.#parts.chance.between(...TAKES.message);
  }

  register(set: SimulatedSet, name: string): number {
    const { records } = this.#parts;
    const { path } = set;
    const id = (this.#lastRunner += 1);
    const registration: SimulatedRegistration = {
      ...{ id, name, set, guest: undefined, online: false, job: undefined, isBusy: false },
    };
    path.registrations.set(id, registration);
    set.runners.add(registration);
    path.version += 1;
    if (set.runners.size > set.most)
      records.broken.push(
        `${set.name} has ${set.runners.size} registrations, and at most ${set.most} runners`,
      );
    return id;
  }

  deregister(path: SimulatedPath, id: number): "gone" | "busy" {
    const registration = path.registrations.get(id);
    if (registration?.isBusy) return "busy";
    if (registration) this.#remove(registration);
    return "gone";
  }

  list(path: SimulatedPath): readonly Registration[] {
    return [...path.registrations.values()].map(({ id, name, online, isBusy }) => ({
      ...{ id, name, online, busy: isBusy },
    }));
  }

  /** Whether a request of a runner application succeeds now. */
  accepts(): boolean {
    const { chance, faults, time } = this.#parts;
    return !chance.happens(faults.probability(time.now, ({ failingRequests }) => failingRequests));
  }

  /** A runner application connects. @returns whether GitHub knows it */
  connect(set: SimulatedSet, name: string, guest: Guest): boolean {
    const registration = [...set.runners].find((each) => each.name === name);
    if (!registration) return false;
    registration.guest = guest;
    registration.online = true;
    this.#changed(set);
    set.path.version += 1;
    return true;
  }

  /** A runner application is heard of no more. What it was doing is lost. */
  disconnect(set: SimulatedSet, name: string): void {
    const { time } = this.#parts;
    const registration = [...set.runners].find((each) => each.name === name);
    if (!registration?.online) return;
    registration.online = false;
    set.path.version += 1;
    const { job } = registration;
    if (!registration.isBusy || !job) return;
    time.after(MISSED_MS, () => {
      this.#end(registration, job, "failed");
    });
  }

  #changed(set: SimulatedSet): void {
    set.isDirty = true;
    set.onChange?.();
    this.#handOut(set);
  }

  #handOut(set: SimulatedSet): void {
    const { chance, records, time } = this.#parts;
    for (const registration of set.runners) {
      const [job] = set.waiting;
      if (!job) return;
      if (!registration.online || registration.job) continue;
      set.waiting.shift();
      set.handed += 1;
      job.state = "handed";
      job.readyAt ??= time.now;
      if (job.returnedAt !== undefined) records.secondWaits.push(time.now - job.returnedAt);
      registration.job = job;
      time.after(chance.between(...TAKES.handing), () => {
        this.#arrive(registration, job);
      });
    }
  }

  #arrive(registration: SimulatedRegistration, job: SimulatedJob): void {
    const { chance, faults, time } = this.#parts;
    const { set, guest } = registration;
    set.handed -= 1;
    const isKnown = set.path.registrations.has(registration.id);
    const odds = Math.max(
      ALWAYS.lostAssignment,
      faults.probability(time.now, ({ lostAssignments }) => lostAssignments),
    );
    const isLost = chance.happens(odds);
    if (!isKnown || isLost || guest?.isRunning !== true) {
      if (isKnown && isLost) this.#remove(registration);
      if (isLost) job.wasLost = true;
      this.#requeue(set, registration, job);
      if (isLost) guest?.drop(chance.happens(ALWAYS.ghost));
      return;
    }
    registration.isBusy = true;
    set.running += 1;
    set.path.version += 1;
    job.state = "running";
    guest.startJob(job, () => {
      this.#end(registration, job, "completed");
    });
    this.#changed(set);
  }

  #requeue(set: SimulatedSet, registration: SimulatedRegistration, job: SimulatedJob): void {
    const { chance, time } = this.#parts;
    registration.job = undefined;
    job.requeues += 1;
    if (job.requeues > MOST_REQUEUES) {
      job.state = "failed";
      this.#changed(set);
      return;
    }
    // It counts as assigned meanwhile, and no runner is given it.
    set.handed += 1;
    time.after(chance.between(...TAKES.requeue), () => {
      set.handed -= 1;
      set.waiting.push(job);
      job.state = "assigned";
      job.returnedAt = time.now;
      this.#changed(set);
    });
  }

  #end(registration: SimulatedRegistration, job: SimulatedJob, state: "completed" | "failed"): void {
    const { set } = registration;
    job.state = state;
    job.endedAt = this.#parts.time.now;
    set.running -= 1;
    registration.isBusy = false;
    this.#remove(registration);
    this.#changed(set);
    this.assign(set.path);
  }

  #remove(registration: SimulatedRegistration): void {
    const { set } = registration;
    set.path.registrations.delete(registration.id);
    set.runners.delete(registration);
    set.path.version += 1;
  }
}
