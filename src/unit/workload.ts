import type { ImageDecision } from "../runners/image-decision.ts";
import type { ApplicationUpdate, ImageKeeper } from "../runners/image-keeper.ts";
import type { RunnerCounts } from "../runners/observed-runner.ts";
import type { RunnerImage } from "../runners/ports.ts";
import type { FlushReport, RunnerManager } from "../runners/runner-manager.ts";
import type { StandbyStep } from "../runners/standby-keeper.ts";
import { drainMember } from "./drain-member.ts";
import { FleetKeeper } from "./fleet-keeper.ts";
import type { FlushMode } from "./flush-mode.ts";
import { installedOptions } from "./installed-options.ts";
import { JobDemand } from "./job-demand.ts";
import { MachinePreparation, type Readiness } from "./machine-preparation.ts";
import { gatherEvidence, type QueueEvidence } from "./queue-evidence.ts";
import { makeWayForReboot } from "./reboot.ts";
import type { ReplanReasons } from "./replan-reasons.ts";
import { runnerLabels } from "./runner-labels.ts";
import type { ServiceStatus } from "./service-status.ts";
import { replacementsOf } from "./room.ts";
import { sweepLeftovers } from "./sweep-leftovers.ts";
import type { WorkloadDependencies } from "./workload-dependencies.ts";
import { WorkloadReports, type RefillReport, type WorkloadReport } from "./workload-report.ts";

/** A refresh rebuilds only images older than this. */
const REFRESH_EVENT_MS = 60 * 60_000;

/** What a refill does. */
export interface RefillOptions {
  /** Whether to look at pool, bridge, firewall and images as well. The first time they are looked at in any case. */
  readonly isWhole: boolean;
  /** Most runners to create. @default as many as are missing */
  readonly mostCreations?: number | undefined;
  /** @default none: the refill only waits for the runners that it creates */
  readonly replanReasons?: ReplanReasons | undefined;
}

/** What a reconcile does besides its usual work. */
interface Request {
  /** Age in milliseconds from which the image is rebuilt. @default the usual age */
  readonly refreshMs?: number;
  /** Idle runners that were created before this time are replaced. @default none */
  readonly renewBefore?: number;
}

/** The operations of a unit, each with its steps in the required order. */
export class Workload {
  readonly #dependencies: WorkloadDependencies;
  readonly #machine: MachinePreparation;
  readonly #fleet: FleetKeeper;
  readonly #reports: WorkloadReports;
  #ready: Readiness | undefined;
  /** Number of standby instances where the last refill found all that are wanted; a step looks at them once otherwise. */
  #standby: number | undefined;

  constructor(dependencies: WorkloadDependencies) {
    const demand = new JobDemand(dependencies);
    this.#dependencies = dependencies;
    this.#machine = new MachinePreparation(dependencies);
    this.#fleet = new FleetKeeper({ ...dependencies, demand });
    this.#reports = new WorkloadReports({ ...dependencies, demand });
  }

  /**
   * Creates everything that runners need: pool, bridge, profiles, image and template.
   *
   * @returns problems that do not stop the unit.
   */
  async prepare(signal: AbortSignal): Promise<readonly string[]> {
    const { notices } = await this.#machine.prepareBuild(signal);
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
    await this.#machine.prepareBuild(signal);
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
  crashLoop(): Promise<string | undefined> {
    return this.#reports.crashLoop();
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
    this.#dependencies.formerPaths.close();
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
    { isWhole, mostCreations, replanReasons }: RefillOptions,
    signal: AbortSignal,
  ): Promise<RefillReport | undefined> {
    const member = await this.#dependencies.cluster.evacuatedMember(signal);
    if (member !== undefined) return this.#drain(member, signal);
    if (isWhole) this.#ready = undefined;
    const ready = this.#ready ?? (await this.#machine.prepare(signal));
    if ("member" in ready) return this.#drain(ready.member, signal);
    this.#ready = ready;
    const { room, notices } = ready;
    const filled = await this.#fleet.fillIfBuilt({ room, mostCreations, replanReasons }, signal);
    if (filled === undefined) return undefined;
    const { report } = filled;
    this.#standby = report.isStandbyComplete ? report.counts.standby : undefined;
    if (isWhole) await sweepLeftovers(this.#dependencies, signal);
    const decision = report.versionRefused ? await this.#redecide(signal) : filled.decision;
    const { build } = decision;
    const told = await this.#dependencies.images.notice(decision);
    return {
      ...(await this.#reports.tell(await this.#reports.withScaleSet(report, signal), {
        room,
        notices: [...notices, ...(told === undefined ? [] : [told])],
      })),
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
    const { configuration } = this.#dependencies;
    const { count, standby } = configuration;
    const member = await this.#dependencies.cluster.evacuatedMember(signal);
    if (member !== undefined) return this.#drain(member, signal);
    // What the machine can hold was not looked at: no fewer runners than the settings allow may stay.
    const room = { runners: count, replacements: replacementsOf(configuration), standby };
    const filled = await this.#fleet.fillIfBuilt({ room, mostCreations: 0 }, signal);
    if (filled === undefined) return undefined;
    const { decision, report } = filled;
    return {
      ...(await this.#reports.tell(report, { room, notices: [] })),
      image: decision.build === "none" ? "current" : "due",
    };
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
    return this.#fleet.makeStandbyIfBuilt({ room }, interruption, signal);
  }

  async #reconcile(signal: AbortSignal, { refreshMs, renewBefore }: Request = {}): Promise<WorkloadReport> {
    const prepared = await this.#machine.prepare(signal);
    if ("member" in prepared) return this.#drain(prepared.member, signal);
    const { room, notices } = prepared;
    // Before a build, which takes minutes. Mostly there is nothing to build.
    const early = await this.#fleet.fillIfBuilt(
      { room, refreshMs, renewBefore, isBeforeBuild: true },
      signal,
    );
    const decision = early?.decision ?? (await this.#dependencies.images.decide(signal, { refreshMs }));
    const { image, notice } = await this.#supply(decision, signal);
    const isWhole = early !== undefined && decision.build !== "due";
    const { report } = isWhole ? early : await this.#fleet.fill({ room, image, renewBefore }, signal);
    await sweepLeftovers(this.#dependencies, signal);
    const told = await this.#reports.tell(await this.#reports.withScaleSet(report, signal), {
      room,
      notices: [...notices, ...(notice === undefined ? [] : [notice])],
    });
    // The last work of a hook.
    const standby = await this.#fleet.keepStandby({ room, image }, report.counts.standby, signal);
    return {
      ...told,
      counts: { ...told.counts, standby },
      delta: report.delta + (isWhole ? 0 : (early?.report.delta ?? 0)),
    };
  }

  #drain(member: string, signal: AbortSignal): Promise<RefillReport> {
    // What it stands on may change until the member is back.
    this.#ready = undefined;
    this.#standby = undefined;
    return drainMember(member, { fleet: this.#fleet, reports: this.#reports }, signal);
  }

  /** GitHub may offer a version that it accepts. */
  async #redecide(signal: AbortSignal): Promise<ImageDecision> {
    const { images } = this.#dependencies;
    await images.updateApplication(true, signal);
    return images.decide(signal);
  }

  /** The install is complete with the first image: fixes the immutable options from now on. */
  async #supply(decision: ImageDecision, signal: AbortSignal): ReturnType<ImageKeeper["supply"]> {
    const { configuration, images, installed } = this.#dependencies;
    const supplied = await images.supply(decision, signal);
    if ((await installed.read()) === null) await installed.write(installedOptions(configuration));
    return supplied;
  }
}
