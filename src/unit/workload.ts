import type { Credentials } from "../github/credentials.ts";
import { githubPathText } from "../github/path.ts";
import type { Host } from "../host/host.ts";
import type { GuestSettings } from "../guest/settings.ts";
import { RUNNER_APPLICATION } from "../guest/paths.ts";
import type { LogRotation } from "../metrics/log-rotation.ts";
import type { ApplicationUpdate, ImageKeeper, Memory } from "../runners/image-keeper.ts";
import type { ImageDecision } from "../runners/image-decision.ts";
import type { LogKeeper } from "../runners/log-keeper.ts";
import type { RunnerCounts } from "../runners/observed-runner.ts";
import type { PolicyService, RunnerImage } from "../runners/ports.ts";
import type { Firewall, Infrastructure } from "./ports.ts";
import type { Fleet, FlushReport, ReconcileReport, RunnerManager } from "../runners/runner-manager.ts";
import type { UnitSystem } from "./unit-system.ts";
import type { Configuration } from "./configuration.ts";
import { firewallRules } from "./firewall-rules.ts";
import { guestSettings } from "./guest-settings.ts";
import { installedOptions, type InstalledOptions } from "./installed-options.ts";
import { makeWayForReboot } from "./reboot.ts";
import { drawOne, type Integrations } from "./integrations.ts";
import { runnerKind } from "./runner-kind.ts";
import { runnerLabels } from "./runner-labels.ts";

/** Age of an image that an event of its refresh timer finds too young to be built again. */
const REFRESH_EVENT_MS = 60 * 60_000;

export type FlushMode = "idle" | "busy" | "force";

/** The services and settings that a workload works with. */
export interface WorkloadDependencies {
  readonly system: UnitSystem;
  readonly appName: string;
  readonly configuration: Configuration;
  readonly host: Host;
  readonly integrations: Integrations;
  readonly credentials: Credentials;
  /** Checks repositories, where the configuration names a service. */
  readonly policy: PolicyService | undefined;
  readonly images: ImageKeeper;
  readonly infrastructure: Infrastructure;
  readonly firewall: Firewall;
  readonly manager: RunnerManager;
  readonly rotation: LogRotation;
  readonly logs: LogKeeper;
  /** Options that the first install has fixed. */
  readonly installed: Memory<InstalledOptions>;
  /** Shows what is being done. */
  readonly step: (message: string) => void;
  readonly close: () => Promise<void>;
}

/** How a reconcile ended. */
export interface WorkloadReport extends ReconcileReport {
  /** What a person should know though all goes on, such as an image that could not be built. */
  readonly notices: readonly string[];
}

/** What stands before the image, and what a person should know of it. */
interface Readiness {
  readonly decision: ImageDecision;
  readonly notices: readonly string[];
}

/** What a unit does for its runners, in the order in which it has to be done. */
export class Workload {
  readonly #dependencies: WorkloadDependencies;

  constructor(dependencies: WorkloadDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Makes everything ready that runners are made from: pool, bridge, profiles, image and template.
   *
   * @returns what a person should know though all goes on.
   */
  async prepare(signal: AbortSignal): Promise<readonly string[]> {
    const { decision, notices } = await this.#makeReady(signal);
    const { notice } = await this.#supply(decision, signal);
    return notice === undefined ? notices : [...notices, notice];
  }

  /**
   * Makes the number and kind of runners what the configuration says. When GitHub refuses the version of the runner
   * application and offers another one, it is done again at once, with a new image.
   */
  async reconcile(signal: AbortSignal): Promise<WorkloadReport> {
    const report = await this.#reconcile(signal);
    if (!report.versionRefused) return report;
    const { changed } = await this.updateApplication(true, signal);
    return changed ? this.#reconcile(signal) : report;
  }

  /** As {@link reconcile}, with an image that holds the newest packages. */
  refresh(signal: AbortSignal): Promise<WorkloadReport> {
    return this.#reconcile(signal, REFRESH_EVENT_MS);
  }

  /** Builds the runner image afresh, however new it is and whatever failed before. The next reconcile takes it up. */
  async buildImage(signal: AbortSignal): Promise<RunnerImage> {
    await this.#makeReady(signal);
    return this.#dependencies.images.build(signal);
  }

  /**
   * Looks for a new runner application; the next reconcile builds an image with it.
   *
   * @param force asks GitHub, however short ago it was asked.
   */
  updateApplication(force: boolean, signal: AbortSignal): Promise<ApplicationUpdate> {
    return this.#dependencies.images.updateApplication(force, signal);
  }

  /** Lets idle runners go where the machine asks for a restart, and tells whether it may restart now. */
  makeWayForReboot(signal: AbortSignal): Promise<boolean> {
    return makeWayForReboot(this.#dependencies, signal);
  }

  /** Reads both sides and counts. */
  check(signal: AbortSignal): Promise<RunnerCounts> {
    return this.#dependencies.manager.check(signal);
  }

  flush(mode: FlushMode, signal: AbortSignal): Promise<FlushReport> {
    const { manager } = this.#dependencies;
    return mode === "idle" ? manager.flushIdle(signal) : manager.flushAll(mode, signal);
  }

  close(): Promise<void> {
    return this.#dependencies.close();
  }

  async #makeReady(signal: AbortSignal, refreshMs?: number): Promise<Readiness> {
    const { configuration, firewall, host, images, infrastructure, rotation, step, integrations } =
      this.#dependencies;
    // GitHub first: credentials that it refuses are told before anything is made.
    await images.updateApplication(false, signal);
    const need = {
      runners: configuration.count,
      virtualMachines: configuration.instanceType === "virtual-machine",
    };
    const notices = await host.prepare(need, step, signal);
    const decision = await images.decide(signal, refreshMs);
    await rotation.ensure(signal);
    const lacks = await infrastructure.ensure(configuration.resources, signal);
    await firewall.ensure(firewallRules(configuration, integrations), signal);
    return { decision, notices: [...notices, ...lacks] };
  }

  async #reconcile(signal: AbortSignal, refreshMs?: number): Promise<WorkloadReport> {
    const { decision, notices } = await this.#makeReady(signal, refreshMs);
    // A build takes minutes, in which used runners would not be replaced.
    const early =
      decision.image && decision.build === "due" ? await this.#fill(decision.image, signal) : undefined;
    const { image, notice } = await this.#supply(decision, signal);
    const report = await this.#fill(image, signal);
    await this.#dependencies.logs.sweep();
    return {
      ...report,
      delta: report.delta + (early?.delta ?? 0),
      notices: notice === undefined ? notices : [...notices, notice],
    };
  }

  /** With an image, all is installed: what an install fixes is fixed from now on. */
  async #supply(decision: ImageDecision, signal: AbortSignal): ReturnType<ImageKeeper["supply"]> {
    const { configuration, images, installed } = this.#dependencies;
    const supplied = await images.supply(decision, signal);
    if ((await installed.read()) === null) await installed.write(installedOptions(configuration));
    return supplied;
  }

  #fill(image: RunnerImage, signal: AbortSignal): Promise<ReconcileReport> {
    const { manager, step } = this.#dependencies;
    const progress = (done: number, total: number) => {
      step(`Starting runners ${done}/${total}`);
    };
    return manager.reconcile(this.#fleet(image), progress, signal);
  }

  #fleet(image: RunnerImage): Fleet {
    const { appName, configuration, credentials, policy, infrastructure, integrations, system } =
      this.#dependencies;
    const { path, githubUrl, resources, count } = configuration;
    const { template } = image;
    const labels = runnerLabels(configuration, appName, system.arch);
    const profiles = infrastructure.profiles(resources);
    const kind = runnerKind({ configuration, credentials, integrations, labels, profiles, template });
    const create = {
      image: template,
      profiles,
      resources,
      binaryPath: RUNNER_APPLICATION,
      arch: system.arch,
      policy,
    };
    const registrationUrl = `${githubUrl}/${githubPathText(path)}`;
    const createOne = () => Promise.resolve({ ...create, guest: this.#guest() });
    return { count, kind, labels, registrationUrl, create: createOne };
  }

  /** The settings of one runner. */
  #guest(): GuestSettings {
    const { configuration, integrations, system } = this.#dependencies;
    const debugSsh = drawOne(integrations.debugSshHosts, system.entropy());
    return { ...guestSettings(configuration), debugSsh, metrics: true };
  }
}
