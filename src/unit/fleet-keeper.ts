import { messageOf } from "charm-kit";
import { githubPathText } from "../github/path.ts";
import { RUNNER_APPLICATION } from "../guest/paths.ts";
import type { GuestSettings } from "../guest/settings.ts";
import type { Fleet } from "../runners/creations.ts";
import type { ImageDecision } from "../runners/image-decision.ts";
import type { Replanning } from "../runners/plan-execution.ts";
import type { RunnerImage } from "../runners/ports.ts";
import type { FleetChoice, ReconcileReport } from "../runners/runner-manager.ts";
import type { StandbyStep } from "../runners/standby-keeper.ts";
import { configHashOf } from "./config-hash.ts";
import { creationLimit, earlyEndsAfter } from "./early-ends.ts";
import { guestSettings } from "./guest-settings.ts";
import { drawOne } from "./integrations.ts";
import type { JobDemand } from "./job-demand.ts";
import { NO_ROOM, type Room } from "./machine-preparation.ts";
import type { ReplanReasons } from "./replan-reasons.ts";
import { runnerLabels } from "./runner-labels.ts";
import { standbyFor } from "./room.ts";
import type { WorkloadDependencies } from "./workload-dependencies.ts";

/** How one reconcile of the manager works. */
export interface Filling {
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
  /** @default none: the reconcile only waits for the runners that it creates */
  readonly replanReasons?: ReplanReasons | undefined;
}

export interface Filled {
  readonly report: ReconcileReport;
  /** As it was with the lock held. */
  readonly decision: ImageDecision;
}

/** There is no image to create runners from. */
class NoImageError extends Error {
  override readonly name = "NoImageError";
}

interface FleetKeeperDependencies extends Pick<
  WorkloadDependencies,
  | "appName"
  | "cluster"
  | "configuration"
  | "credentials"
  | "earlyEnds"
  | "host"
  | "images"
  | "infrastructure"
  | "integrations"
  | "leaveStandby"
  | "log"
  | "logs"
  | "manager"
  | "policy"
  | "step"
  | "system"
  | "telemetry"
> {
  readonly demand: JobDemand;
}

/** Makes runners and standby instances as many as the configuration, the demand and the room want. */
export class FleetKeeper {
  readonly #dependencies: FleetKeeperDependencies;

  constructor(dependencies: FleetKeeperDependencies) {
    this.#dependencies = dependencies;
  }

  async fill(filling: Filling, signal: AbortSignal): Promise<Filled> {
    const { demand, images, manager, step } = this.#dependencies;
    const progress = (done: number, total: number) => {
      step(`Starting runners ${done}/${total}`);
    };
    let decision: ImageDecision = { image: filling.image, build: "none" };
    const choose = async (listed: readonly RunnerImage[], limited: AbortSignal) => {
      // With the lock held: another process may have replaced the image, or registered runners for former jobs.
      if (filling.mostCreations !== 0) await demand.readFormer(limited);
      decision = await images.decide(limited, { images: listed, refreshMs: filling.refreshMs });
      return this.#choose(decision, filling);
    };
    return { report: await manager.reconcileChosen(choose, progress, signal), decision };
  }

  /** Like {@link fill}. @returns undefined while there is no runner image. */
  fillIfBuilt(filling: Filling, signal: AbortSignal): Promise<Filled | undefined> {
    return ifBuilt(this.fill(filling, signal));
  }

  /**
   * Makes standby instances until all that are wanted are there, unless the unit's runner service does it. Best effort.
   *
   * @param present their number now.
   * @returns their number.
   */
  async keepStandby(filling: Filling, present: number, signal: AbortSignal): Promise<number> {
    const { configuration, leaveStandby, log, step } = this.#dependencies;
    const { standby: wanted } = filling.room;
    if (configuration.count === 0 || wanted === 0 || (await leaveStandby(signal))) return present;
    let found = present;
    try {
      for (let isDone = false; !isDone;) {
        const next = await this.#makeStandby(filling, signal, signal);
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

  /**
   * Takes the next step towards the wanted standby instances.
   *
   * @param interruption ends the wait for a system that boots; a later step waits for it again.
   * @returns undefined while there is no runner image.
   */
  makeStandbyIfBuilt(
    filling: Filling,
    interruption: AbortSignal,
    signal: AbortSignal,
  ): Promise<StandbyStep | undefined> {
    return ifBuilt(this.#makeStandby(filling, interruption, signal));
  }

  #makeStandby(filling: Filling, interruption: AbortSignal, signal: AbortSignal): Promise<StandbyStep> {
    const { images, manager } = this.#dependencies;
    const choose = async (listed: readonly RunnerImage[], limited: AbortSignal) => {
      const image = (await images.decide(limited, { images: listed })).image ?? filling.image;
      if (image === undefined) throw new NoImageError();
      return this.#fleet(image, filling.room, "make");
    };
    return manager.makeUpStandby(choose, interruption, signal);
  }

  async #choose(
    decision: ImageDecision,
    { room, mostCreations, renewBefore, isBeforeBuild = false, replanReasons: reasons, ...filling }: Filling,
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
      // Where a few runners at a time are tried, no more of them follow.
      ...(reasons && limits.length === 0 && { replanning: this.#replanning(reasons, image, room) }),
      conclude: async (report) => {
        const after = earlyEndsAfter(before, report, { configHash, now: system.clock.now() });
        if (before !== after && room !== NO_ROOM) await earlyEnds.write(after);
        await images.conclude(image, report);
        // Each failure may have left a capsule.
        if (report.failures.length > 0) await logs.sweep();
      },
    };
  }

  #replanning(reasons: ReplanReasons, image: RunnerImage, room: Room): Replanning {
    return {
      next: async (signal) => ((await reasons.next(signal)) ? this.#fleet(image, room, "keep") : undefined),
      observed: (runners) => {
        reasons.observed(runners);
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
    const { demand, renewBefore } = await this.#dependencies.demand.read(room.runners);
    const standby = standbyFor(configuration, room.standby, await host.memory(), purpose);
    const { replacements: most, runners } = room;
    const replacement = most > 0 && { replacement: { ofUnit: count, most } };
    const renewal = renewBefore !== undefined && { renewBefore };
    return {
      count: runners,
      ...replacement,
      ...renewal,
      demand,
      standby,
      configured: count,
      configHash,
      create,
    };
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

/** @returns undefined while there is no runner image. */
function ifBuilt<Result>(work: Promise<Result>): Promise<Result | undefined> {
  return work.catch((thrown: unknown) => {
    if (thrown instanceof NoImageError) return undefined;
    throw thrown;
  });
}
