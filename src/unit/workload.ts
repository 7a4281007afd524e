import { messageOf, type Logger } from "charm-kit";
import type { Credentials } from "../github/credentials.ts";
import { githubPathText } from "../github/path.ts";
import type { Host } from "../host/host.ts";
import type { GuestSettings } from "../guest/settings.ts";
import { RUNNER_APPLICATION } from "../guest/paths.ts";
import type { Standing } from "../metrics/standing.ts";
import type { LogRotation } from "../metrics/log-rotation.ts";
import type { ApplicationUpdate, ImageKeeper, Memory } from "../runners/image-keeper.ts";
import type { ImageDecision } from "../runners/image-decision.ts";
import type { LogKeeper } from "../runners/log-keeper.ts";
import { describeHeld } from "../runners/job-claims.ts";
import type { RunnerCounts } from "../runners/observed-runner.ts";
import type { PolicyService, RunnerHistory, RunnerImage } from "../runners/ports.ts";
import type { ClusterMembership, Firewall, Infrastructure, QueueSource, ServerLogs } from "./ports.ts";
import type { Fleet } from "../runners/creations.ts";
import type { StandbyStep } from "../runners/standby-keeper.ts";
import type {
  FleetChoice,
  FlushReport,
  Lock,
  ReconcileReport,
  RunnerManager,
} from "../runners/runner-manager.ts";
import type { Telemetry } from "./telemetry.ts";
import type { UnitSystem } from "./unit-system.ts";
import type { Configuration } from "./configuration.ts";
import { demandFor, describeDemand, withFormer, type HeardDemand } from "./demand.ts";
import type { FlushMode } from "./flush-mode.ts";
import type { FormerDemand, FormerPaths } from "./former-paths.ts";
import { MemberEvacuatedError } from "./evacuation.ts";
import { firewallRules } from "./firewall-rules.ts";
import { guestSettings } from "./guest-settings.ts";
import { creationLimit, describeEarlyEnds, earlyEndsAfter, type EarlyEnds } from "./early-ends.ts";
import { installedOptions, type InstalledOptions } from "./installed-options.ts";
import { wantedCount, type Demand } from "../runners/plan.ts";
import { makeWayForReboot } from "./reboot.ts";
import { GithubError, type LeftScaleSets, type UnitScaleSet } from "../github/index.ts";
import { gatherEvidence, type QueueEvidence } from "./queue-evidence.ts";
import type { ImageState, ServiceStatus } from "./service-status.ts";
import { drawOne, type Integrations } from "./integrations.ts";
import { configHashOf } from "./config-hash.ts";
import { runnerLabels } from "./runner-labels.ts";
import { standbyFor } from "./standby-room.ts";
import type { SettingsFile } from "./settings-file.ts";

/** A refresh rebuilds only images older than this. */
const REFRESH_EVENT_MS = 60 * 60_000;

/** The services and settings of a workload. */
export interface WorkloadDependencies {
  readonly system: UnitSystem;
  readonly appName: string;
  readonly configuration: Configuration;
  readonly host: Pick<Host, "prepare" | "shortages" | "memory" | "mayReboot">;
  readonly integrations: Integrations;
  readonly credentials: Credentials;
  /** Whoever checks repositories before their jobs, if somebody does. */
  readonly policy: PolicyService | undefined;
  readonly images: ImageKeeper;
  readonly cluster: ClusterMembership;
  readonly infrastructure: Infrastructure;
  readonly firewall: Firewall;
  readonly manager: RunnerManager;
  readonly rotation: Pick<LogRotation, "ensure">;
  readonly logs: Pick<LogKeeper, "sweep">;
  readonly serverLogs: ServerLogs;
  /** Option values that the first install has fixed. */
  readonly installed: Memory<InstalledOptions>;
  /** Runners that ended at once. */
  readonly earlyEnds: Memory<EarlyEnds>;
  /** What GitHub told of the jobs of the unit's scale set. */
  readonly demand: Memory<HeardDemand>;
  /** GitHub's queue, and the unit's scale set. */
  readonly github: {
    readonly queue: QueueSource;
    readonly scaleSet: Pick<UnitScaleSet, "ensure" | "formerFigures" | "glance" | "name"> | undefined;
    /** Scale sets from before the number of runners was fixed. @default there are none */
    readonly unusedScaleSets?: Pick<LeftScaleSets, "release"> | undefined;
  };
  /** Paths that the unit has left, whose jobs may still want runners. */
  readonly formerPaths: Pick<FormerPaths, "read">;
  readonly history: Pick<RunnerHistory, "read">;
  /** How the unit stands against its objective in this month. */
  readonly standing: () => Promise<Standing>;
  /** Identifies the unit's scale set; "" without one. */
  readonly demandKey: string;
  /** Hooks and the runner service take turns at pool, bridge and firewall. */
  readonly readyLock: Lock;
  /** The settings of the unit's runner service. */
  readonly service: Pick<SettingsFile, "pause" | "resume">;
  /** Leaves the making of standby instances to the unit's runner service; false where none is at work. */
  readonly leaveStandby: (signal: AbortSignal) => Promise<boolean>;
  readonly log: Logger;
  /** Told of the image, for metrics. @default nobody is told */
  readonly telemetry?: Pick<Telemetry, "onImage"> | undefined;
  /** Reports progress. */
  readonly step: (message: string) => void;
  readonly close: () => Promise<void>;
}

/** What a refill does. */
export interface RefillOptions {
  /** Whether to look at pool, bridge, firewall and images as well. The first time they are looked at in any case. */
  readonly isWhole: boolean;
  /** Most runners to create. @default as many as are missing */
  readonly mostCreations?: number | undefined;
}

/** The result of a refill. */
export interface RefillReport extends WorkloadReport {
  /** Why a hook should build an image: `current` if none should. */
  readonly image: Exclude<ImageState, "missing">;
}

/** The result of a reconcile. */
export interface WorkloadReport extends ReconcileReport {
  /** Problems that do not stop the unit, such as a failed image build. */
  readonly notices: readonly string[];
  /** Number of wanted runners that the machine can hold. */
  readonly capacity: number;
  /** Number of runners that the machine can hold, at most the configured one. */
  readonly room: number;
  /** Number of jobs of former scale sets that wait or run. */
  readonly formerJobs: number;
  /** How the unit stands against its objective in this month. */
  readonly standing: Standing;
  /**
   * Name of the machine's member of an LXD cluster while it is evacuated: then runners without a job go, and none is created.
   *
   * @default it is not
   */
  readonly evacuated?: string | undefined;
}

/** What the machine can hold. */
interface Room {
  /** Number of runners. */
  readonly runners: number;
  /** Number of standby instances beside all wanted runners, as far as pool and network decide. */
  readonly standby: number;
}

/** What the machine is ready for, and what a person should know of it. */
interface Readiness {
  readonly room: Room;
  readonly notices: readonly string[];
}

/** What a reconcile does besides its usual work. */
interface Request {
  /** Age in milliseconds from which the image is rebuilt. @default the usual age */
  readonly refreshMs?: number;
  /** Idle runners that were created before this time are replaced. @default none */
  readonly renewBefore?: number;
}

/** How one reconcile of the manager works. */
interface Filling {
  readonly room: Room;
  /** Used where LXD has no other. */
  readonly image?: RunnerImage | undefined;
  /** Age in milliseconds from which the image is rebuilt. @default the usual age */
  readonly refreshMs?: number | undefined;
  /** Idle runners that were created before this time are replaced. @default none */
  readonly renewBefore?: number | undefined;
  /** Whether an image that is due is built next: working runners then stay for its successors. @default false */
  readonly isBeforeBuild?: boolean;
  /** @default as many as are missing */
  readonly mostCreations?: number | undefined;
}

interface Filled {
  readonly report: ReconcileReport;
  /** As it was with the lock held. */
  readonly decision: ImageDecision;
}

const NO_ROOM: Room = { runners: 0, standby: 0 };

const NO_FORMER: FormerDemand = { assigned: 0, running: 0, scopes: [], notices: [] };

/** There is no image to create runners from. */
class NoImageError extends Error {
  override readonly name = "NoImageError";
}

/** The operations of a unit, each with its steps in the required order. */
export class Workload {
  readonly #dependencies: WorkloadDependencies;
  /** Jobs of former scale sets, as the last reconcile has read them. */
  #former: FormerDemand = NO_FORMER;
  #formerHere = { assigned: 0, running: 0, missing: 0 };
  #ready: Readiness | undefined;
  /** Number of standby instances where the last refill found all that are wanted; a step looks at them once otherwise. */
  #standby: number | undefined;

  constructor(dependencies: WorkloadDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Creates everything that runners need: pool, bridge, profiles, image and template.
   *
   * @returns problems that do not stop the unit.
   */
  async prepare(signal: AbortSignal): Promise<readonly string[]> {
    await this.#refuseWhileEvacuated(signal);
    const { notices } = await this.#makeReady(signal);
    const { notice } = await this.#supply(await this.#dependencies.images.decide(signal), signal);
    return notice === undefined ? notices : [...notices, notice];
  }

  /**
   * Creates and removes runners until they match the configuration. When GitHub refuses the runner application's version
   * and offers another one, reconciles again at once, with a new image.
   */
  async reconcile(signal: AbortSignal): Promise<WorkloadReport> {
    const report = await this.#reconcile(signal);
    if (!report.versionRefused) return report;
    const { changed } = await this.updateApplication(true, signal);
    return changed ? this.#reconcile(signal) : report;
  }

  /** Like {@link reconcile}, with an image that has the newest packages. */
  refresh(signal: AbortSignal): Promise<WorkloadReport> {
    return this.#reconcile(signal, { refreshMs: REFRESH_EVENT_MS });
  }

  /** Builds a new runner image in any case. The next reconcile uses it. */
  async buildImage(signal: AbortSignal): Promise<RunnerImage> {
    await this.#refuseWhileEvacuated(signal);
    await this.#makeReady(signal);
    return this.#dependencies.images.build(signal);
  }

  /**
   * Checks for a new version of the runner application. The next reconcile builds an image with it.
   *
   * @param force asks GitHub even when the last check is recent.
   */
  updateApplication(force: boolean, signal: AbortSignal): Promise<ApplicationUpdate> {
    return this.#dependencies.images.updateApplication(force, signal);
  }

  /** Ends the pause after a failed image build: a person asks for another attempt. */
  endPause(): Promise<void> {
    return this.#dependencies.images.endPause();
  }

  /** Why the last image build failed; undefined after a successful one. */
  lastFailure(): Promise<string | undefined> {
    return this.#dependencies.images.lastFailure();
  }

  /** Removes idle runners when the machine requires a restart, and returns whether it may restart now. */
  makeWayForReboot(signal: AbortSignal): Promise<boolean> {
    return makeWayForReboot(this.#dependencies, signal);
  }

  /** Lists instances and registrations and counts the runners. */
  check(signal: AbortSignal): Promise<RunnerCounts> {
    return this.#dependencies.manager.check(signal);
  }

  /** A runner as LXD and GitHub list it, and the names of all. */
  find(name: string, signal: AbortSignal): ReturnType<RunnerManager["find"]> {
    return this.#dependencies.manager.find(name, signal);
  }

  /**
   * What explains why jobs wait. Changes nothing.
   *
   * @param service the status of the unit's runner service; undefined where none does its work.
   */
  async queueEvidence(service: ServiceStatus | undefined, signal: AbortSignal): Promise<QueueEvidence> {
    const { appName, configuration, demand, demandKey, github, history, images, system } = this.#dependencies;
    const { scaleSet } = github;
    const heard = await demand.read();
    return gatherEvidence(
      {
        queue: github.queue,
        scaleSet: scaleSet && {
          name: scaleSet.name,
          key: demandKey,
          heard,
          figures: (limited) => scaleSet.glance(limited),
        },
        check: (limited) => this.check(limited),
        hasImage: async (limited) => (await images.decide(limited)).image !== undefined,
        imageFailure: await this.lastFailure(),
        labels: runnerLabels(configuration, appName, system.arch).filter((label) => label !== ""),
        configured: configuration.count,
        moments: await history.read(),
        service,
        now: system.clock.now(),
      },
      signal,
    );
  }

  /** Why the last runners ended without a job; undefined while runners stay. */
  async crashLoop(): Promise<string | undefined> {
    const ends = await this.#dependencies.earlyEnds.read();
    return ends ? describeEarlyEnds(ends) : undefined;
  }

  /** Replaces idle runners by fresh ones; more than the first only when a fresh one is online. */
  renewIdle(signal: AbortSignal): Promise<WorkloadReport> {
    return this.#reconcile(signal, { renewBefore: this.#dependencies.system.clock.now() });
  }

  /** Removes all runners, busy ones too. */
  flush(mode: Exclude<FlushMode, "idle">, signal: AbortSignal): Promise<FlushReport> {
    return this.#dependencies.manager.flushAll(mode, signal);
  }

  close(): Promise<void> {
    return this.#dependencies.close();
  }

  /**
   * Like {@link reconcile}, for a process that stays: builds no image, and looks at pool, bridge, firewall and images only
   * if asked to, or the first time. When GitHub refuses the runner application's version, the next hook builds an image
   * with another one.
   *
   * @returns undefined while there is no runner image, which a hook builds.
   */
  async refill(
    { isWhole, mostCreations }: RefillOptions,
    signal: AbortSignal,
  ): Promise<RefillReport | undefined> {
    const member = await this.#dependencies.cluster.evacuatedMember(signal);
    if (member !== undefined) return this.#drain(member, signal);
    if (isWhole) this.#ready = undefined;
    this.#ready ??= await this.#makeReady(signal);
    const { room, notices } = this.#ready;
    const filled = await this.#fillIfBuilt({ room, mostCreations }, signal);
    if (filled === undefined) return undefined;
    const { report } = filled;
    this.#standby = report.isStandbyComplete ? report.counts.standby : undefined;
    if (isWhole) await this.#sweep(signal);
    const decision = report.versionRefused ? await this.#redecide(signal) : filled.decision;
    const { build } = decision;
    const told = await this.#dependencies.images.notice(decision);
    return {
      ...(await this.#withNotices(await this.#withScaleSet(report, signal), room, [
        ...notices,
        ...(told === undefined ? [] : [told]),
      ])),
      image: build === "none" ? "current" : report.versionRefused ? "refused" : "due",
    };
  }

  /**
   * Removes what has ended, and what a {@link refill} would not replace; creates nothing, and leaves alone what runners stand
   * on. For settings that a person must mend first.
   *
   * @returns undefined while there is no runner image.
   */
  async tidy(signal: AbortSignal): Promise<RefillReport | undefined> {
    const { count, standby } = this.#dependencies.configuration;
    // What the machine can hold was not looked at: no fewer runners than the settings allow may stay.
    const member = await this.#dependencies.cluster.evacuatedMember(signal);
    if (member !== undefined) return this.#drain(member, signal);
    const room = { runners: count, standby };
    const filled = await this.#fillIfBuilt({ room, mostCreations: 0 }, signal);
    if (filled === undefined) return undefined;
    const { decision, report } = filled;
    return {
      ...(await this.#withNotices(report, room, [])),
      image: decision.build === "none" ? "current" : "due",
    };
  }

  /**
   * Removes all runners without a job from a member of an LXD cluster that is evacuated, where nothing can be created.
   *
   * @throws {@link MemberEvacuatedError} before the first image, without which there are no runners.
   */
  async #drain(member: string, signal: AbortSignal): Promise<RefillReport> {
    // What it stands on may change until the member is back.
    this.#ready = undefined;
    this.#standby = undefined;
    const filled = await this.#fillIfBuilt({ room: NO_ROOM, mostCreations: 0 }, signal);
    if (filled === undefined) throw new MemberEvacuatedError(member);
    // Runners that LXD has stopped are none that ended early.
    const { ofRemovals: failures } = filled.report;
    const report = await this.#withNotices({ ...filled.report, failures, ended: [] }, NO_ROOM, []);
    return { ...report, evacuated: member, image: "current" };
  }

  async #refuseWhileEvacuated(signal: AbortSignal): Promise<void> {
    const member = await this.#evacuatedMember(signal);
    if (member !== undefined) throw new MemberEvacuatedError(member);
  }

  /** @returns undefined while there is no runner image. */
  #fillIfBuilt(filling: Filling, signal: AbortSignal): Promise<Filled | undefined> {
    return this.#fill(filling, signal).catch((thrown: unknown) => {
      if (thrown instanceof NoImageError) return undefined;
      throw thrown;
    });
  }

  /**
   * Takes the next step towards the wanted standby instances, after {@link refill}: runners come first.
   *
   * @param interruption ends the wait for a system that boots; a later step waits for it again.
   * @returns undefined while nothing was refilled, or there is no image.
   */
  async makeUpStandby(interruption: AbortSignal, signal: AbortSignal): Promise<StandbyStep | undefined> {
    const { room } = this.#ready ?? {};
    if (room === undefined) return undefined;
    const known = this.#standby;
    this.#standby = undefined;
    if (known !== undefined) return { standby: known, isDone: true };
    return this.#stepOfStandby({ room }, interruption, signal).catch((thrown: unknown) => {
      if (thrown instanceof NoImageError) return undefined;
      throw thrown;
    });
  }

  #stepOfStandby(filling: Filling, interruption: AbortSignal, signal: AbortSignal): Promise<StandbyStep> {
    const { images, manager } = this.#dependencies;
    const choose = async (listed: readonly RunnerImage[], limited: AbortSignal) => {
      const image = (await images.decide(limited, { images: listed })).image ?? filling.image;
      if (image === undefined) throw new NoImageError();
      return this.#fleet(image, filling.room, "make");
    };
    return manager.makeUpStandby(choose, interruption, signal);
  }

  /** GitHub may offer a version that it accepts. */
  async #redecide(signal: AbortSignal): Promise<ImageDecision> {
    const { images } = this.#dependencies;
    await images.updateApplication(true, signal);
    return images.decide(signal);
  }

  #makeReady(signal: AbortSignal): Promise<Readiness> {
    return this.#dependencies.readyLock.run(() => this.#makeAllReady(signal), signal);
  }

  async #makeAllReady(signal: AbortSignal): Promise<Readiness> {
    const { configuration, firewall, host, images, infrastructure, rotation, step, integrations } =
      this.#dependencies;
    // GitHub first: invalid credentials are reported before anything is created.
    await images.updateApplication(false, signal);
    const { count, processes, resources } = configuration;
    const standby = count === 0 ? 0 : configuration.standby;
    const need = {
      runners: count + standby,
      processes,
      virtualMachines: configuration.instanceType === "virtual-machine",
    };
    const notices = await host.prepare(need, step, signal);
    const ensured = infrastructure.ensure({ count, standby, processes, resources }, signal);
    const closed = firewall.ensure(firewallRules(configuration, integrations), signal, ensured);
    const works = [ensured, closed, rotation.ensure(signal)] as const;
    // None of them goes on in the background when another one has failed.
    await Promise.allSettled(works);
    const [found, waiting] = await Promise.all(works);
    const room = { runners: found.count, standby: found.standby };
    return { room, notices: [...notices, ...found.notices, ...waiting] };
  }

  /** As {@link #makeAllReady}, asks GitHub before LXD: invalid credentials are reported where LXD is missing, too. */
  async #evacuatedMember(signal: AbortSignal): Promise<string | undefined> {
    const { cluster, images, readyLock } = this.#dependencies;
    await readyLock.run(() => images.updateApplication(false, signal), signal);
    return cluster.evacuatedMember(signal);
  }

  async #reconcile(signal: AbortSignal, { refreshMs, renewBefore }: Request = {}): Promise<WorkloadReport> {
    const member = await this.#evacuatedMember(signal);
    if (member !== undefined) return this.#drain(member, signal);
    const { room, notices } = await this.#makeReady(signal);
    // Before a build, which takes minutes. Mostly there is nothing to build.
    const early = await this.#fillIfBuilt({ room, refreshMs, renewBefore, isBeforeBuild: true }, signal);
    const decision = early?.decision ?? (await this.#dependencies.images.decide(signal, { refreshMs }));
    const { image, notice } = await this.#supply(decision, signal);
    const isWhole = early !== undefined && decision.build !== "due";
    const { report } = isWhole ? early : await this.#fill({ room, image, renewBefore }, signal);
    await this.#sweep(signal);
    const told = await this.#withNotices(await this.#withScaleSet(report, signal), room, [
      ...notices,
      ...(notice === undefined ? [] : [notice]),
    ]);
    const standby = await this.#keepStandby({ room, image }, report.counts.standby, signal);
    return {
      ...told,
      counts: { ...told.counts, standby },
      delta: report.delta + (isWhole ? 0 : (early?.report.delta ?? 0)),
    };
  }

  /** The last work of a hook, and only where no runner service does it. Best effort. @returns their number */
  async #keepStandby(filling: Filling, present: number, signal: AbortSignal): Promise<number> {
    const { configuration, leaveStandby, log, step } = this.#dependencies;
    const { standby: wanted } = filling.room;
    if (configuration.count === 0 || wanted === 0 || (await leaveStandby(signal))) return present;
    let found = present;
    try {
      for (let isDone = false; !isDone;) {
        const next = await this.#stepOfStandby(filling, signal, signal);
        found = next.standby;
        ({ isDone } = next);
        if (!isDone) step(`Making standby instances ${found}/${wanted}`);
      }
    } catch (thrown) {
      signal.throwIfAborted();
      log.warning("No standby instance", { reason: messageOf(thrown) });
    }
    return found;
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    await this.#dependencies.logs.sweep();
    await this.#dependencies.serverLogs.sweep(signal);
    await this.#releaseScaleSets(signal);
  }

  /** Jobs of a scale set that nobody listens to would wait for a day. Best effort: a later look tries again. */
  async #releaseScaleSets(signal: AbortSignal): Promise<void> {
    const { github, log } = this.#dependencies;
    try {
      await github.unusedScaleSets?.release(signal);
    } catch (thrown) {
      signal.throwIfAborted();
      log.debug("Cannot delete a former scale set", { reason: messageOf(thrown) });
    }
  }

  /** Best effort: what was read last of the present path goes on. */
  async #readFormer(signal: AbortSignal): Promise<void> {
    const { configuration, formerPaths, github, log } = this.#dependencies;
    if (configuration.scaling === undefined) return;
    try {
      const here = await github.scaleSet?.formerFigures(signal);
      if (here) this.#formerHere = here;
    } catch (thrown) {
      signal.throwIfAborted();
      log.debug("Cannot read the jobs of former scale sets", { reason: messageOf(thrown) });
    }
    const elsewhere = await formerPaths.read(signal);
    const { assigned, missing, running } = this.#formerHere;
    const waiting = Math.max(0, assigned - running);
    this.#former = {
      assigned: elsewhere.assigned + assigned,
      running: elsewhere.running + running,
      scopes: [...(assigned > 0 ? [{ scopeKey: undefined, waiting, missing }] : []), ...elsewhere.scopes],
      notices: elsewhere.notices,
    };
  }

  /** What only a person can mend, such as the name of another unit's scale set, is told as the failure that it is, also while no runner is wanted. */
  async #withScaleSet(report: ReconcileReport, signal: AbortSignal): Promise<ReconcileReport> {
    const { scaleSet } = this.#dependencies.github;
    try {
      await scaleSet?.ensure(signal);
      return report;
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof GithubError) || thrown.remedy !== "person") return report;
      return { ...report, failures: [...report.failures, thrown] };
    }
  }

  async #withNotices(
    report: ReconcileReport,
    { runners: capacity }: Room,
    notices: readonly string[],
  ): Promise<WorkloadReport> {
    const crashLoop = await this.crashLoop();
    // A guest without processes, keys or connections to get fails in many ways: the cause is told beside them.
    const shortages = report.failures.length > 0 ? await this.#dependencies.host.shortages() : [];
    const { scaling } = this.#dependencies.configuration;
    const heard = scaling === undefined ? null : await this.#dependencies.demand.read();
    const demand = this.#demandOf(heard);
    return {
      ...report,
      standing: await this.#dependencies.standing(),
      // Fewer runners than configured are as many as wanted.
      capacity: wantedCount({ count: capacity, demand }),
      room: capacity,
      formerJobs: this.#former.assigned,
      notices: [
        ...describeDemand(scaling, heard, this.#hearing()),
        ...(scaling === undefined ? [] : this.#former.notices),
        ...notices,
        ...shortages,
        ...(crashLoop === undefined ? [] : [`creating one runner at a time, since ${crashLoop}`]),
        ...describeHeld(report.held),
        ...report.silentScopes.map((name) => `${name}, which has earlier runners, does not answer`),
      ],
    };
  }

  /** The install is complete with the first image: fixes the immutable options from now on. */
  async #supply(decision: ImageDecision, signal: AbortSignal): ReturnType<ImageKeeper["supply"]> {
    const { configuration, images, installed } = this.#dependencies;
    const supplied = await images.supply(decision, signal);
    if ((await installed.read()) === null) await installed.write(installedOptions(configuration));
    return supplied;
  }

  async #fill(filling: Filling, signal: AbortSignal): Promise<Filled> {
    const { images, manager, step } = this.#dependencies;
    const progress = (done: number, total: number) => {
      step(`Starting runners ${done}/${total}`);
    };
    let decision: ImageDecision = { image: filling.image, build: "none" };
    const choose = async (listed: readonly RunnerImage[], limited: AbortSignal) => {
      // With the lock held: another process may have replaced the image, or registered runners for former jobs.
      if (filling.mostCreations !== 0) await this.#readFormer(limited);
      decision = await images.decide(limited, { images: listed, refreshMs: filling.refreshMs });
      return this.#choose(decision, filling);
    };
    return { report: await manager.reconcileChosen(choose, progress, signal), decision };
  }

  async #choose(
    decision: ImageDecision,
    { room, mostCreations, renewBefore, isBeforeBuild = false, ...filling }: Filling,
  ): Promise<FleetChoice> {
    const { earlyEnds, images, logs, system } = this.#dependencies;
    const image = decision.image ?? filling.image;
    if (image === undefined) throw new NoImageError();
    this.#dependencies.telemetry?.onImage(image.builtAt);
    const fleet = await this.#fleet(image, room, "keep");
    const { configHash } = fleet;
    const before = await earlyEnds.read();
    const limits = [mostCreations, creationLimit(before, configHash)].filter((limit) => limit !== undefined);
    return {
      fleet: {
        ...fleet,
        ...(renewBefore !== undefined && !(isBeforeBuild && decision.build === "due") && { renewBefore }),
        ...(limits.length > 0 && { mostCreations: Math.min(...limits) }),
      },
      conclude: async (report) => {
        const after = earlyEndsAfter(before, report, { configHash, now: system.clock.now() });
        if (before !== after && room !== NO_ROOM) await earlyEnds.write(after);
        await images.conclude(image, report);
        // Each failure may have left a capsule.
        if (report.failures.length > 0) await logs.sweep();
      },
    };
  }

  /** @param purpose whether standby instances are kept, or made: memory decides. */
  async #fleet(image: RunnerImage, room: Room, purpose: "keep" | "make"): Promise<Fleet> {
    const { appName, configuration, credentials, host, policy, infrastructure, integrations, system } =
      this.#dependencies;
    const { path, githubUrl, resources, count } = configuration;
    const { template } = image;
    const labels = runnerLabels(configuration, appName, system.arch);
    const profiles = infrastructure.profiles(resources);
    const configHash = configHashOf({ configuration, credentials, integrations, labels, profiles, template });
    const settings = {
      labels,
      registrationUrl: `${githubUrl}/${githubPathText(path)}`,
      image: template,
      profiles,
      resources,
      binaryPath: RUNNER_APPLICATION,
      arch: system.arch,
      policy,
    };
    const create = async (signal: AbortSignal) => ({ ...settings, guest: await this.#guest(signal) });
    const heard = await this.#dependencies.demand.read();
    const demand = this.#demandOf(heard);
    const standby = standbyFor(configuration, room.standby, await host.memory(), purpose);
    return { count: room.runners, demand, standby, configured: count, configHash, create };
  }

  #demandOf(heard: HeardDemand | null): Demand | undefined {
    const { scopes: former, ...jobs } = this.#former;
    const demand = demandFor(this.#dependencies.configuration.scaling, heard, this.#hearing());
    return withFormer(demand, { ...jobs, former });
  }

  #hearing(): { readonly key: string; readonly now: number } {
    return { key: this.#dependencies.demandKey, now: this.#dependencies.system.clock.now() };
  }

  /** The settings of one runner. */
  async #guest(signal: AbortSignal): Promise<GuestSettings> {
    const { cluster, configuration, integrations, system } = this.#dependencies;
    const debugSsh = drawOne(integrations.debugSshHosts, system.entropy());
    // Only there LXD gives a shutdown the time.
    const endsJobFirst = await cluster.isMember(signal);
    return { ...guestSettings(configuration), debugSsh, metrics: true, endsJobFirst };
  }
}
