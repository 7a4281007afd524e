import { randomUUID } from "node:crypto";
import { jsonWebToken } from "../http/json-web-token.ts";
import type { ActionsService, JobEvent } from "./actions-service.ts";
import type { JobRecord } from "./job-record.ts";
import { jobItem } from "./scale-set-messages.ts";
import {
  DEFAULT_KNOBS,
  type BatchRecord,
  type MessageFault,
  type ScaleSetKnobs,
  type ScaleSetRecord,
  type ScaleSetRequest,
  type ScaleSetView,
  type SessionRecord,
  type Statistics,
} from "./scale-set-record.ts";
import { serves } from "./scope.ts";

/** Most messages of a batch. */
const BATCH = 50;
/** A job that was given to runners so often and taken by none is given up. */
const MOST_REQUEUES = 3;

/**
 * Runner scale sets: which jobs are theirs, their one session each, and the messages that tell of their jobs.
 *
 * A queued job goes to a scale set that serves its repository, has its labels and has announced room for it. It counts as
 * assigned until it has ended.
 */
export class ScaleSets {
  readonly all = new Map<number, ScaleSetRecord>();
  readonly knobs: ScaleSetKnobs = { ...DEFAULT_KNOBS };
  readonly #service: ActionsService;
  readonly #faults: MessageFault[] = [];
  #lastId = 0;

  constructor(service: ActionsService) {
    this.#service = service;
    service.isStuck = (job) =>
      job.scaleSetId !== undefined && this.all.get(job.scaleSetId)?.session?.isStuck === true;
    service.onJob = (event) => {
      this.#onJob(event);
    };
  }

  /** Forgets everything but the numbers that were used. */
  reset(): void {
    this.all.clear();
    this.#faults.length = 0;
    Object.assign(this.knobs, DEFAULT_KNOBS);
  }

  addFaults(faults: readonly MessageFault[]): void {
    for (const fault of faults) {
      const sessions = [...this.all.values()].flatMap(({ session }) => session ?? []);
      if (fault === "session-lost") for (const set of this.all.values()) set.session = undefined;
      else if (fault === "session-deaf") for (const session of sessions) session.isDeaf = true;
      else if (fault === "session-stuck") for (const session of sessions) session.isStuck = true;
      else this.#faults.push(fault);
    }
    this.#service.changes.announce();
  }

  /** Takes a fault off the list, if it is the next of its kind. */
  takeFault(fault: MessageFault): boolean {
    const index = this.#faults.indexOf(fault);
    if (index >= 0) this.#faults.splice(index, 1);
    return index >= 0;
  }

  /** @returns undefined if the group has one of that name. */
  create(request: ScaleSetRequest): ScaleSetRecord | undefined {
    if (this.find(request.scope, request.groupId, request.name)) return undefined;
    const set: ScaleSetRecord = {
      ...request,
      id: (this.#lastId += 1),
      createdAt: this.#service.clock.now(),
      session: undefined,
      capacity: 0,
      pending: [],
      batches: [],
      lastBatch: undefined,
      lastBatchId: 0,
      offered: new Set(),
    };
    this.all.set(set.id, set);
    this.#service.changes.announce();
    return set;
  }

  find(scope: string, groupId: number, name: string): ScaleSetRecord | undefined {
    return [...this.all.values()].find(
      (set) =>
        set.scope === scope && set.groupId === groupId && set.name.toLowerCase() === name.toLowerCase(),
    );
  }

  /** Deletes a scale set; jobs that no runner of it has are anybody's again. */
  delete(set: ScaleSetRecord): void {
    this.all.delete(set.id);
    for (const job of this.#service.jobs.values())
      if (job.scaleSetId === set.id && job.status === "queued") job.scaleSetId = undefined;
    this.offer();
  }

  /** @returns undefined if the scale set has a session. */
  openSession(set: ScaleSetRecord, ownerName: string): SessionRecord | undefined {
    this.#endSilentSession(set);
    if (set.session) return undefined;
    const session = {
      id: randomUUID(),
      ownerName,
      ...this.#newToken(set),
      lastContact: this.#service.clock.now(),
      openPolls: 0,
      isDeaf: false,
      isStuck: false,
    };
    set.session = session;
    this.#service.reassign();
    return session;
  }

  refreshSession(set: ScaleSetRecord): void {
    if (set.session) Object.assign(set.session, this.#newToken(set));
  }

  closeSession(set: ScaleSetRecord): void {
    set.session = undefined;
    set.capacity = 0;
    this.#service.changes.announce();
  }

  /** Notes what a poll announces, and gives jobs to the scale set that has room for them now. */
  announce(set: ScaleSetRecord, capacity: number): void {
    set.capacity = capacity;
    this.offer();
  }

  /** The batch that a poll is answered with, undefined when there is none. */
  nextBatch(set: ScaleSetRecord, lastBatchId: number): BatchRecord | undefined {
    if (set.session?.isDeaf === true) return undefined;
    if (set.lastBatch && this.takeFault("repeated")) return set.lastBatch;
    const isReordered = this.#faults.includes("reordered");
    const waiting = () => set.batches.filter(({ id }) => id > lastBatchId);
    while (set.pending.length > 0 && waiting().length < (isReordered ? 2 : 1)) this.#batch(set);
    const [first, second] = waiting();
    const batch = second && isReordered && this.takeFault("reordered") ? second : first;
    if (batch) set.lastBatch = batch;
    return batch;
  }

  /** @returns whether there was such a batch. */
  acknowledge(set: ScaleSetRecord, batchId: number): boolean {
    const before = set.batches.length;
    set.batches = set.batches.filter(({ id }) => id !== batchId);
    this.#service.changes.announce();
    return set.batches.length < before;
  }

  /** Assigns offered jobs. @returns those that could be. */
  acquire(set: ScaleSetRecord, jobIds: readonly number[]): readonly number[] {
    return jobIds.filter((id) => {
      const job = this.#service.jobs.get(id);
      if (!set.offered.delete(id) || job?.status !== "queued" || job.scaleSetId !== undefined) return false;
      for (const other of this.all.values()) other.offered.delete(id);
      this.#assign(set, job);
      return true;
    });
  }

  /** Gives jobs that nobody has to scale sets with room for them. */
  offer(): void {
    // Looked for only when it may be another one: jobs can wait by the thousand.
    let open = this.#withRoom();
    for (const job of this.#service.jobs.values()) {
      if (open.length === 0) break;
      if (job.status !== "queued" || job.runner || job.scaleSetId !== undefined || this.knobs.withholdsJobs)
        continue;
      const set = open.find((candidate) => this.#mayHave(candidate, job));
      if (!set) continue;
      if (!this.knobs.offersJobs) this.#assign(set, job);
      else if (!set.offered.has(job.id)) {
        set.offered.add(job.id);
        set.pending.push(jobItem("JobAvailable", job));
      }
      open = this.#withRoom();
    }
    this.#service.reassign();
  }

  statistics(set: ScaleSetRecord): Statistics {
    const jobs = [...this.#service.jobs.values()].filter(
      (job) => job.scaleSetId === set.id && job.status !== "completed",
    );
    const runners = [...this.#service.runners.values()].filter(({ scaleSetId }) => scaleSetId === set.id);
    const busy = runners.filter((runner) => runner.busy).length;
    return {
      totalAvailableJobs: set.offered.size,
      totalAcquiredJobs: 0,
      totalAssignedJobs: jobs.length + this.knobs.phantomJobs,
      totalRunningJobs: jobs.filter(({ status }) => status === "in_progress").length,
      totalRegisteredRunners: runners.length,
      totalBusyRunners: busy,
      totalIdleRunners: runners.filter(({ status }) => status === "online").length - busy,
    };
  }

  view(set: ScaleSetRecord): ScaleSetView {
    const { id, scope, name, groupId, labels, capacity, session, batches } = set;
    const base = { id, scope, name, groupId, labels, capacity, owner: session?.ownerName };
    return { ...base, unacknowledged: batches.length, statistics: this.statistics(set) };
  }

  #onJob({ kind, job, runner }: JobEvent): void {
    if (kind === "queued") {
      this.offer();
      return;
    }
    for (const set of this.all.values()) if (kind !== "requeued") set.offered.delete(job.id);
    const set = job.scaleSetId === undefined ? undefined : this.all.get(job.scaleSetId);
    if (!set) return;
    if (kind === "requeued") {
      job.requeues += 1;
      if (job.requeues > MOST_REQUEUES)
        this.#service.complete(job, "failure", "No runner took the job that it was given.");
      else set.pending.push(jobItem("JobAssigned", job));
      return;
    }
    set.pending.push(jobItem(kind === "started" ? "JobStarted" : "JobCompleted", job, runner));
    if (kind === "completed") this.offer();
  }

  #assign(set: ScaleSetRecord, job: JobRecord): void {
    job.scaleSetId = set.id;
    job.scaleSetAssignedAt = this.#service.clock.now();
    set.pending.push(jobItem("JobAssigned", job));
    this.#service.changes.announce();
  }

  #mayHave(set: ScaleSetRecord, job: JobRecord): boolean {
    if (!set.session || set.session.isDeaf || !serves(set.scope, job.repository)) return false;
    if (!this.#service.groups.allows(set.groupId, job.repository)) return false;
    const own = new Set([...set.labels, set.name].map((label) => label.toLowerCase()));
    return job.labels.every((label) => own.has(label.toLowerCase()));
  }

  /** Those that have announced room for another job. */
  #withRoom(): readonly ScaleSetRecord[] {
    return [...this.all.values()].filter(
      (set) => this.#assigned(set) + (this.knobs.offersJobs ? set.offered.size : 0) < set.capacity,
    );
  }

  #assigned(set: ScaleSetRecord): number {
    return [...this.#service.jobs.values()].filter(
      (job) => job.scaleSetId === set.id && job.status !== "completed",
    ).length;
  }

  #batch(set: ScaleSetRecord): void {
    const items = set.pending.splice(0, BATCH);
    const now = this.statistics(set);
    const told = items.filter(({ messageType }) => messageType === "JobAssigned").length;
    const isEarly = told > 0 && this.takeFault("early-figures");
    const totalAssignedJobs = Math.max(0, now.totalAssignedJobs - (isEarly ? told : 0));
    const batch = { id: (set.lastBatchId += 1), items, statistics: { ...now, totalAssignedJobs } };
    if (!this.takeFault("lost")) set.batches.push(batch);
  }

  #newToken(set: ScaleSetRecord) {
    const tokenExpiresAt = this.#service.clock.now() + this.knobs.sessionTokenMs;
    return {
      token: jsonWebToken({ sub: `session of ${set.id}`, exp: Math.floor(tokenExpiresAt / 1000) }),
      tokenExpiresAt,
    };
  }

  /** GitHub ends sessions that nobody polls. */
  #endSilentSession(set: ScaleSetRecord): void {
    const { session } = set;
    if (!session || session.openPolls > 0) return;
    if (this.#service.clock.now() - session.lastContact >= this.knobs.sessionMs) this.closeSession(set);
  }
}
