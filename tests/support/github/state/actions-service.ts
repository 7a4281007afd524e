import { randomBytes, randomUUID } from "node:crypto";
import { resolveActionsServiceOptions } from "./actions-service-options.ts";
import type { ActionsServiceOptions } from "./actions-service-options.ts";
import { assign } from "./assignment.ts";
import { Changes } from "./changes.ts";
import type { Conclusion, JobRecord, JobRequest } from "./job-record.ts";
import type { RunnerRecord, RunnerRequest } from "./runner-record.ts";
import { GroupRules } from "./group-rules.ts";
import { repositoryScope as scopeOf } from "./scope.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** What the application says of itself when it connects. */
export interface ApplicationFacts {
  readonly version: string;
  readonly os: string;
}

/** What happens to a job. */
export interface JobEvent {
  /** `requeued`: the runner that was given it has not taken it in time. */
  readonly kind: "queued" | "started" | "requeued" | "completed";
  readonly job: JobRecord;
  readonly runner: RunnerRecord | undefined;
}

/**
 * GitHub's Actions service: runners, jobs, and who gets which.
 *
 * A runner is registered (offline), connects (online), is given a job, takes it (busy), ends it and, being ephemeral,
 * is gone. Silence makes it offline; silence with a job costs the job once its lock has run out.
 */
export class ActionsService {
  readonly clock: VirtualClock;
  readonly changes = new Changes();
  readonly runners = new Map<number, RunnerRecord>();
  readonly jobs = new Map<number, JobRecord>();
  readonly groups = new GroupRules();
  /** Which assigned jobs no runner of their scale set is given. */
  isStuck: (job: JobRecord) => boolean = () => false;
  /** Told of each job, before runners are looked for. */
  onJob: (event: JobEvent) => void = () => undefined;
  readonly #options: Required<ActionsServiceOptions>;
  readonly #cancels = new Map<string, () => void>();
  /** Proofs of runners whose registration has gone; whether they had a job decides what they are told. */
  readonly #formerProofs = new Map<string, "spent" | "deleted">();
  readonly #faults: string[] = [];
  #lastRunnerId = 0;
  #lastJobId = 1000;

  constructor(clock: VirtualClock, options: ActionsServiceOptions = {}) {
    this.clock = clock;
    this.#options = resolveActionsServiceOptions(options);
  }

  /** Forgets everything. Identifiers go on, as GitHub never uses one twice. */
  reset(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
    this.runners.clear();
    this.jobs.clear();
    this.groups.reset();
    this.#formerProofs.clear();
    this.#faults.length = 0;
    this.changes.announce();
  }

  /** Tells the runner applications of the next registrations to misbehave, one fault each. */
  addApplicationFaults(faults: readonly string[]): void {
    this.#faults.push(...faults);
  }

  /** Registers a runner, offline. @returns undefined if its scope has one of that name. */
  register(request: RunnerRequest): RunnerRecord | undefined {
    const taken = (other: RunnerRecord) =>
      other.scope === request.scope && other.name.toLowerCase() === request.name.toLowerCase();
    if ([...this.runners.values()].some(taken)) return undefined;
    const now = this.clock.now();
    const runner: RunnerRecord = {
      ...request,
      id: (this.#lastRunnerId += 1),
      proof: randomBytes(64).toString("base64"),
      createdAt: now,
      fault: this.#faults.shift(),
      status: "offline",
      busy: false,
      os: "unknown",
      version: null,
      sessionId: undefined,
      jobId: undefined,
      openPolls: 0,
      lastContact: now,
    };
    this.runners.set(runner.id, runner);
    this.#later(`unconnected ${runner.id}`, this.#options.unconnectedMs, () => {
      if (runner.version === null) this.#forget(runner, "deleted");
    });
    this.changes.announce();
    return runner;
  }

  /** Gives a repository's runners and jobs its new name. */
  rename(from: string, to: string): void {
    const [before, scope] = [scopeOf(from), scopeOf(to)];
    for (const runner of this.runners.values()) {
      if (runner.scope === before) Object.assign(runner, { scope });
    }
    for (const job of this.jobs.values()) {
      if (job.repository.toLowerCase() === from.toLowerCase()) Object.assign(job, { repository: to });
    }
    this.changes.announce();
  }

  /** Deletes a registration, unless its runner has taken a job. One that was given a job but has not taken it goes. */
  remove(runner: RunnerRecord): "gone" | "busy" {
    if (runner.busy) return "busy";
    const job = this.#jobOf(runner);
    if (job) this.#putBack(job);
    this.#forget(runner, "deleted");
    this.#assign();
    return "gone";
  }

  /** Finds the runner of a proof, or says what became of it. */
  whoProves(proof: string): RunnerRecord | "spent" | "deleted" | undefined {
    const runner = [...this.runners.values()].find((candidate) => candidate.proof === proof);
    return runner ?? this.#formerProofs.get(proof);
  }

  /**
   * Opens the session of an application: its runner is online and may be given a job.
   *
   * @returns undefined if the runner has a session already.
   */
  connect(runner: RunnerRecord, facts: ApplicationFacts): string | undefined {
    if (runner.sessionId !== undefined && runner.status === "online") return undefined;
    const sessionId = randomUUID();
    Object.assign(runner, { sessionId, status: "online", os: facts.os, version: facts.version });
    this.touch(runner);
    this.#later(`idle ${runner.id}`, this.#options.idleMs, () => {
      if (runner.jobId === undefined) this.remove(runner);
    });
    this.#assign();
    return sessionId;
  }

  /** Ends a session: the runner is offline. A job that it has is not touched. */
  disconnect(runner: RunnerRecord): void {
    Object.assign(runner, { sessionId: undefined, status: "offline" });
    const job = this.#jobOf(runner);
    if (job && !runner.busy) this.#putBack(job);
    this.#assign();
  }

  /** Notes a word from the application and waits for the next. */
  touch(runner: RunnerRecord): void {
    runner.lastContact = this.clock.now();
    if (runner.status === "offline" && runner.sessionId !== undefined) {
      runner.status = "online";
      this.#assign();
    }
    this.#later(`silence ${runner.id}`, this.#options.offlineAfterMs, () => {
      if (runner.openPolls > 0) this.touch(runner);
      else this.goOffline(runner);
    });
  }

  /** The runner has been silent for too long. */
  goOffline(runner: RunnerRecord): void {
    runner.status = "offline";
    this.changes.announce();
  }

  /** Queues a job and gives it to a runner, if one may take it. */
  queue(request: JobRequest): JobRecord {
    const id = (this.#lastJobId += 1);
    const job: JobRecord = {
      steps: ["true"],
      name: "build",
      workflow: "CI",
      event: "push",
      payload: {},
      environment: {},
      ...request,
      id,
      runId: id + 1_000_000,
      createdAt: this.clock.now(),
      status: "queued",
      conclusion: null,
      startedAt: undefined,
      completedAt: undefined,
      runner: undefined,
      log: "",
      annotation: undefined,
      assignments: 0,
      scaleSetId: undefined,
      scaleSetAssignedAt: undefined,
      requeues: 0,
    };
    this.jobs.set(id, job);
    this.#later(`queued ${id}`, this.#options.queuedMs, () => {
      if (job.status === "queued") this.#end(job, "cancelled", "No runner took the job within a day.");
    });
    this.onJob({ kind: "queued", job, runner: undefined });
    this.#assign();
    return job;
  }

  /** Looks for runners anew. */
  reassign(): void {
    this.#assign();
  }

  /** The runner takes the job it was given: it is busy from now on. */
  acquire(runner: RunnerRecord, job: JobRecord): boolean {
    if (runner.jobId !== job.id || job.status !== "queued") return false;
    runner.busy = true;
    Object.assign(job, { status: "in_progress", startedAt: this.clock.now() });
    this.#drop(`pick-up ${job.id}`);
    this.renew(job);
    this.onJob({ kind: "started", job, runner });
    this.changes.announce();
    return true;
  }

  /** Extends the runner's hold on its job. @returns the end of it, in milliseconds since the Unix epoch. */
  renew(job: JobRecord): number {
    this.#later(`lock ${job.id}`, this.#options.lockMs, () => {
      this.complete(job, "failure", "The self-hosted runner lost communication with the server.");
    });
    return this.clock.now() + this.#options.lockMs;
  }

  appendLog(job: JobRecord, text: string): void {
    job.log += text;
  }

  /** Asks the runner to end a job early; one that no runner has taken ends at once. */
  cancel(job: JobRecord): void {
    if (job.status === "queued") {
      const runner = this.#runnerOf(job);
      if (runner) runner.jobId = undefined;
      this.#end(job, "cancelled", undefined);
    } else if (job.status === "in_progress") {
      job.annotation = "The run was canceled.";
      this.changes.announce();
    }
  }

  /** Ends a job. The registration of its ephemeral runner goes with it. */
  complete(job: JobRecord, conclusion: Conclusion, annotation?: string): void {
    if (job.status === "completed") return;
    const runner = this.#runnerOf(job);
    if (runner?.ephemeral) this.#forget(runner, "spent");
    else if (runner) Object.assign(runner, { busy: false, jobId: undefined });
    this.#end(job, conclusion, annotation ?? job.annotation, runner);
    this.#assign();
  }

  #end(job: JobRecord, conclusion: Conclusion, annotation: string | undefined, runner?: RunnerRecord): void {
    Object.assign(job, { status: "completed", conclusion, annotation, completedAt: this.clock.now() });
    for (const kind of ["queued", "pick-up", "lock"]) this.#drop(`${kind} ${job.id}`);
    this.onJob({ kind: "completed", job, runner });
    this.changes.announce();
  }

  #assign(): void {
    const mayHave = (runner: RunnerRecord, job: JobRecord) =>
      !this.isStuck(job) && this.groups.allows(runner.groupId, job.repository);
    for (const [job, runner] of assign(this.jobs.values(), this.runners.values(), mayHave)) {
      runner.jobId = job.id;
      job.runner = { id: runner.id, name: runner.name, groupId: runner.groupId };
      job.assignments += 1;
      this.#later(`pick-up ${job.id}`, this.#options.pickUpMs, () => {
        this.#putBack(job);
        this.onJob({ kind: "requeued", job, runner });
        this.#assign();
      });
    }
    this.changes.announce();
  }

  #putBack(job: JobRecord): void {
    const runner = this.#runnerOf(job);
    if (runner) runner.jobId = undefined;
    job.runner = undefined;
    this.#drop(`pick-up ${job.id}`);
  }

  #forget(runner: RunnerRecord, how: "spent" | "deleted"): void {
    this.runners.delete(runner.id);
    this.#formerProofs.set(runner.proof, how);
    for (const kind of ["unconnected", "silence", "idle"]) this.#drop(`${kind} ${runner.id}`);
    this.changes.announce();
  }

  #jobOf(runner: RunnerRecord): JobRecord | undefined {
    return runner.jobId === undefined ? undefined : this.jobs.get(runner.jobId);
  }

  #runnerOf(job: JobRecord): RunnerRecord | undefined {
    const runner = job.runner && this.runners.get(job.runner.id);
    return runner?.jobId === job.id ? runner : undefined;
  }

  /** Keeps one appointment of a name; a new one replaces it. */
  #later(name: string, delayMs: number, run: () => void): void {
    this.#drop(name);
    if (delayMs === Infinity) return;
    const forgetAndRun = () => {
      this.#cancels.delete(name);
      run();
    };
    this.#cancels.set(name, this.clock.schedule(delayMs, forgetAndRun));
  }

  #drop(name: string): void {
    this.#cancels.get(name)?.();
    this.#cancels.delete(name);
  }
}
