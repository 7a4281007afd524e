import type { Logger } from "charm-kit";
import type { DemandBatch, DemandFigures, HeardJob } from "../service/ports.ts";
import type {
  JobMessage,
  JobStarted,
  MessageSession,
  NewScaleSet,
  ScaleSet,
  ScaleSetClient,
  ScaleSetMessage,
  ScaleSetStatistics,
} from "scale-set-client";
import { RefusedError, ScaleSetSessionError, ScaleSetsMissingError, ScaleSetTakenError } from "./errors.ts";
import { FormerScaleSets, hasLabel, hasLabels, type FormerJobs } from "./former-scale-sets.ts";
import type { ScaleSetLedger } from "./scale-set-ledger.ts";
import { ownerOf } from "./scale-set-owner.ts";
import { registerInScaleSet, type RegisteredRunner } from "./scale-set-registration.ts";
import { SharedWork } from "./shared-work.ts";
import { isNoScaleSet, SEVERAL_LABELS, tryScaleSet, type ScaleSetContext } from "./scale-set-errors.ts";

/** What a unit's scale set is. */
export interface ScaleSetSettings {
  /** Unique in the runner group. */
  readonly name: string;
  /** What jobs may ask for in `runs-on`. */
  readonly labels: readonly string[];
  /** Who holds its session, for people. */
  readonly owner: string;
  /** The one of the labels that names the unit: a scale set without it is another's. @default none is */
  readonly ownerLabel?: string | undefined;
}

export interface UnitScaleSetDependencies {
  readonly client: ScaleSetClient;
  readonly settings: ScaleSetSettings;
  /** The ID of the runner group. */
  readonly groupId: (signal: AbortSignal) => Promise<number>;
  readonly context: ScaleSetContext;
  /** Remembers the unit's scale sets, so that jobs of former ones are not lost. @default nothing is remembered */
  readonly ledger?: ScaleSetLedger | undefined;
  /** Address of the path, such as `https://github.com/octo`. */
  readonly scope: string;
  readonly log: Logger;
}

/** How long a server is taken for one that gives a scale set a single label: it may be upgraded. */
const LACK_MS = 10 * 60_000;

/**
 * The scale set of one unit. It is made when it is first needed, made again when GitHub has deleted it, and moved when its
 * name or group changes. GitHub changes no labels: for other ones another takes its place, and it stays until its jobs are
 * done. All methods throw a `GithubError`, or the signal's
 * reason when it is aborted.
 */
export class UnitScaleSet {
  readonly #dependencies: UnitScaleSetDependencies;
  readonly #finding = new SharedWork<ScaleSet>();
  readonly #former: FormerScaleSets;
  #found: ScaleSet | undefined;
  /** What this GitHub lacks, and when it was found out. */
  #lackOfLabels: { readonly error: ScaleSetsMissingError; readonly at: number } | undefined;

  constructor(dependencies: UnitScaleSetDependencies) {
    this.#dependencies = dependencies;
    this.#former = new FormerScaleSets(dependencies);
  }

  /** Finds the scale set, or makes it. @returns its number */
  async ensure(signal: AbortSignal): Promise<number> {
    this.#found ??= await this.#finding.run((shared) => this.#ensure(shared), signal);
    return this.#found.id;
  }

  /** Registers a runner for one job of the scale set. The request is never repeated; a registration of a lost answer is deleted. */
  async register(name: string, signal: AbortSignal): Promise<RegisteredRunner> {
    const id = await this.ensure(signal);
    const { client } = this.#dependencies;
    return registerInScaleSet(
      client,
      name,
      (action) =>
        this.#try(
          action,
          () => this.#former.register(id, signal, (chosen) => client.createRunner(chosen, { name }, signal)),
          name,
        ),
      signal,
    );
  }

  /** Jobs and runners now; undefined when GitHub has deleted the scale set. */
  async figures(signal: AbortSignal): Promise<DemandFigures | undefined> {
    const id = await this.ensure(signal);
    const { client } = this.#dependencies;
    const set = await this.#try("read the scale set", () => client.getScaleSet(id, signal));
    if (set === undefined) this.#found = undefined;
    return figuresOf(set?.statistics);
  }

  /** The jobs of scale sets whose place this one has taken. Deletes those that have none any more. */
  async formerFigures(signal: AbortSignal): Promise<FormerJobs> {
    await this.ensure(signal);
    return this.#try("read a former scale set", () => this.#former.figures(signal));
  }

  /** What a person should know of scale sets whose place this one has taken. */
  get formerNotices(): readonly string[] {
    return this.#former.notices;
  }

  /** Like {@link figures}, and makes nothing: undefined where there is no such scale set. */
  async glance(signal: AbortSignal): Promise<DemandFigures | undefined> {
    const { client, groupId, settings } = this.#dependencies;
    const group = await groupId(signal);
    const set = await this.#try("read the scale set", () =>
      client.findScaleSet(group, settings.name, signal),
    );
    return figuresOf(set?.statistics);
  }

  /** The name of the scale set. */
  get name(): string {
    return this.#dependencies.settings.name;
  }

  /** Opens the session of the scale set. @throws `ScaleSetSessionError` beside one that lives. */
  async open(signal: AbortSignal): Promise<ScaleSetSession> {
    const id = await this.ensure(signal);
    const { client, settings } = this.#dependencies;
    const session = await this.#try("open the session of the scale set", () =>
      client.openSession(id, settings.owner, signal),
    );
    return new ScaleSetSession(session, (action, work) => this.#try(action, work));
  }

  /** Deletes the scale set, if there is one. */
  async delete(signal: AbortSignal): Promise<void> {
    const { client, groupId, settings } = this.#dependencies;
    const group = await groupId(signal);
    await this.#try("delete the scale set", async () => {
      const set = await client.findScaleSet(group, settings.name, signal);
      if (set && this.#isOwn(set)) await client.deleteScaleSet(set.id, signal);
      await this.#former.deleteAll(signal);
    });
    this.#found = undefined;
  }

  async close(): Promise<void> {
    await this.#dependencies.client.close();
  }

  async #ensure(signal: AbortSignal): Promise<ScaleSet> {
    const { client, groupId, settings } = this.#dependencies;
    const { name, labels } = settings;
    const group = await groupId(signal);
    return this.#try(`make the scale set '${name}'`, async () => {
      const found = await client.findScaleSet(group, name, signal);
      if (found !== undefined) {
        if (!this.#isOwn(found)) await this.#claim(found, signal);
        if (hasLabels(found, labels)) return this.#former.keep(found);
        const isKept = await this.#former.setAside(found, signal);
        if (isKept === "as it is") return found;
      }
      const moved =
        found === undefined ? await this.#former.move({ name, group, labels }, signal) : undefined;
      if (moved) return this.#former.keep(moved);
      return this.#former.keep(await this.#create({ name, runnerGroupId: group, labels }, signal));
    });
  }

  /** An older server leaves labels out: jobs that ask for them would wait for ever, and each round would make another scale set. */
  async #create(wanted: NewScaleSet & Pick<ScaleSet, "labels">, signal: AbortSignal): Promise<ScaleSet> {
    const { client, context } = this.#dependencies;
    const { at = -Infinity } = this.#lackOfLabels ?? {};
    const isRecent = at <= context.now() && context.now() - at < LACK_MS;
    if (this.#lackOfLabels && isRecent) throw this.#lackOfLabels.error;
    const made = await client.createScaleSet({ ...wanted, disableUpdate: true }, signal);
    if (made.labels.length === 0 || hasLabels(made, wanted.labels)) return made;
    await client.deleteScaleSet(made.id, signal);
    const error = new ScaleSetsMissingError(`make the scale set '${wanted.name}'`, SEVERAL_LABELS);
    this.#lackOfLabels = { error, at: context.now() };
    throw error;
  }

  #isOwn({ labels }: ScaleSet): boolean {
    const { ownerLabel } = this.#dependencies.settings;
    return ownerLabel === undefined || hasLabel(labels, ownerLabel);
  }

  /**
   * Makes sure that nobody listens to a scale set that another has made, such as a unit that was removed by force.
   *
   * @throws `ScaleSetTakenError` beside a session that lives.
   */
  async #claim({ id, labels }: ScaleSet, signal: AbortSignal): Promise<void> {
    const { client, settings } = this.#dependencies;
    try {
      const session = await this.#try("open the session of the scale set", () =>
        client.openSession(id, settings.owner, signal),
      );
      await session.close(signal);
    } catch (thrown) {
      if (!(thrown instanceof ScaleSetSessionError)) throw thrown;
      throw new ScaleSetTakenError(settings.name, ownerOf(labels));
    }
  }

  async #try<T>(action: string, work: () => Promise<T>, runner?: string): Promise<T> {
    return tryScaleSet(work, { ...this.#dependencies.context, action, runner }, (thrown) => {
      // GitHub deletes scale sets that were unused for long; the next call makes another.
      if (isNoScaleSet(thrown)) this.#found = undefined;
    });
  }
}

/** The session of a unit's scale set. */
export class ScaleSetSession {
  readonly #session: MessageSession;
  readonly #try: <T>(action: string, work: () => Promise<T>) => Promise<T>;

  constructor(session: MessageSession, attempt: <T>(action: string, work: () => Promise<T>) => Promise<T>) {
    this.#session = session;
    this.#try = attempt;
  }

  /** What GitHub told last; undefined where it has told nothing. */
  get figures(): DemandFigures | undefined {
    return figuresOf(this.#session.statistics);
  }

  /** Waits for the next batch; undefined when none comes within about a minute. */
  async poll(
    options: { readonly lastMessageId: number; readonly capacity: number },
    signal: AbortSignal,
  ): Promise<DemandBatch | undefined> {
    const message = await this.#try("read the messages of the scale set", () =>
      this.#session.poll(options, signal),
    );
    return message && batchOf(message);
  }

  /** A batch that was acted on does not come again. */
  async acknowledge(batchId: number, signal: AbortSignal): Promise<void> {
    await this.#try("acknowledge a message of the scale set", () =>
      this.#session.acknowledge(batchId, signal),
    );
  }

  /**
   * Lets GitHub assign jobs that it offers. One that it refuses keeps no other from being assigned.
   *
   * @returns why GitHub refuses some of them; undefined where it assigns those that are still to be had.
   */
  async acquire(jobs: readonly number[], signal: AbortSignal): Promise<string | undefined> {
    const refusal = await this.#acquire(jobs, signal);
    if (refusal === undefined || jobs.length === 1) return refusal;
    let first: string | undefined;
    for (const job of jobs) {
      const ofOne = await this.#acquire([job], signal);
      first ??= ofOne;
    }
    return first;
  }

  async close(signal: AbortSignal): Promise<void> {
    await this.#try("end the session of the scale set", () => this.#session.close(signal));
  }

  async #acquire(jobs: readonly number[], signal: AbortSignal): Promise<string | undefined> {
    try {
      await this.#try("acquire jobs", () => this.#session.acquireJobs(jobs, signal));
      return undefined;
    } catch (thrown) {
      if (thrown instanceof RefusedError) return thrown.message;
      throw thrown;
    }
  }
}

function batchOf({ id, statistics, jobs }: ScaleSetMessage): DemandBatch {
  return {
    id,
    figures: figuresOf(statistics),
    offered: jobs.flatMap((job) => (job.type === "JobAvailable" ? (job.runnerRequestId ?? []) : [])),
    jobs: jobs.flatMap(heardJob),
    queuedAt: jobs.flatMap((job) => (job.type === "JobAssigned" ? (job.queueTime?.getTime() ?? []) : [])),
    waits: jobs.flatMap((job) => (job.type === "JobStarted" ? (waitOf(job) ?? []) : [])),
  };
}

const STATE_OF = { JobAssigned: "waiting", JobStarted: "running", JobCompleted: "ended" } as const;

/** @returns nothing for a job that is only offered, and for a message that cannot be read. */
function heardJob(job: JobMessage): readonly HeardJob[] {
  if (job.type === "unknown" || job.type === "JobAvailable" || job.runnerRequestId === undefined) return [];
  const { ownerName, queueTime, repositoryName, runnerRequestId: id, type } = job;
  const isNamed = ownerName !== undefined && repositoryName !== undefined;
  const repository = isNamed ? `${ownerName}/${repositoryName}` : undefined;
  return [{ id, state: STATE_OF[type], repository, queuedAt: queueTime?.getTime() }];
}

/** Both times are GitHub's own, so that no other clock counts. */
function waitOf({ runnerAssignTime, scaleSetAssignTime }: JobStarted): number | undefined {
  if (runnerAssignTime === undefined || scaleSetAssignTime === undefined) return undefined;
  return Math.max(0, runnerAssignTime.getTime() - scaleSetAssignTime.getTime());
}

function figuresOf(statistics: ScaleSetStatistics | undefined): DemandFigures | undefined {
  if (statistics === undefined) return undefined;
  const { totalAssignedJobs: assigned, totalRunningJobs: running, totalIdleRunners: idle } = statistics;
  return { assigned, running, idle };
}
