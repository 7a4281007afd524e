import { existsSync } from "node:fs";
import type { Charm } from "juju-charm";
import type { ScrapeJob } from "juju-cos-agent";
import type { LxdUnit } from "../lxd/lxd-unit.ts";
import type { FirewallRules, TimerState } from "../unit/ports.ts";
import type { UnitContext, UnitSystem } from "../unit/unit-system.ts";
import type { Credentials } from "../github/credentials.ts";
import type { CharmConfiguration, ConfigurationSources } from "./configuration.ts";
import type { Configuration } from "../unit/configuration.ts";
import type { CredentialSource } from "./options/credential-source.ts";
import type { Teardown } from "../unit/teardown.ts";
import type { InstalledOptions } from "../unit/installed-options.ts";
import { checkImmutableOptions, installedOptionsSlot } from "./immutable-options.ts";
import type { GithubRunnerTypes } from "./metadata.generated.ts";
import type { WorkloadContext } from "../unit/open-workload.ts";
import type { ForgeSetup } from "../unit/setup.ts";
import type { Integrations } from "../unit/integrations.ts";
import type { QueueEvidence } from "../unit/queue-evidence.ts";
import type { Workload } from "../unit/workload.ts";
import type { CapsuleShelf } from "../unit/capsules.ts";
import type { RunnerHistory } from "../runners/ports.ts";
import type { ServiceStatus } from "../unit/service-status.ts";
import type { SettingsFile } from "../unit/settings-file.ts";
import { messageOf } from "charm-kit";
import { isCondition } from "./status.ts";
import { TIMED_EVENTS } from "../unit/timed-events.ts";

/** The parts of the charm that handlers use. */
export type RunnerCharm = Pick<Charm<GithubRunnerTypes>, "framework" | "config" | "model" | "log">;

/** Opens and closes the services of a handler. Loads modules when the first handler needs them. */
export class UnitWork {
  readonly #charm: RunnerCharm;
  readonly #system: UnitSystem;
  readonly #step: (message: string) => void;
  #configuration: Promise<CharmConfiguration> | undefined;
  #notices: readonly string[] = [];

  /** @param step reports progress. */
  constructor(charm: RunnerCharm, system: UnitSystem, step: (message: string) => void) {
    this.#charm = charm;
    this.#system = system;
    this.#step = step;
  }

  /**
   * Read once: options do not change during a dispatch.
   *
   * @throws ConfigurationError with every error in the options.
   * @throws ImmutableOptionError when an immutable option has changed.
   */
  configuration(): Promise<CharmConfiguration> {
    return (this.#configuration ??= this.#orPause(this.#readConfiguration()));
  }

  async #readConfiguration(): Promise<CharmConfiguration> {
    const [{ parseConfiguration }, { checkOptions }] = await parsers();
    const installed = await this.#installedOptions();
    const configuration = parseConfiguration({ ...(await this.#sources()), installed }, checkOptions);
    checkImmutableOptions(installed, configuration);
    return configuration;
  }

  /** Problems of the unit's runner service, which do not stop the unit. */
  get notices(): readonly string[] {
    return this.#notices;
  }

  /** @param step reports progress, instead of the unit's status. */
  async withWorkload<T>(
    work: (workload: Workload, configuration: Configuration) => Promise<T>,
    step = this.#step,
  ): Promise<T> {
    await this.configuration();
    // Loaded while hook tools run: each side takes about as long.
    const [{ setup, integrations, service }, { openWorkload }] = await Promise.all([
      this.#published(),
      import("../unit/open-workload.ts"),
    ]);
    const workload = openWorkload(setup, { ...this.#context(step), integrations, service });
    try {
      return await work(workload, setup.configuration);
    } finally {
      await workload.close();
    }
  }

  /** Reads what runners are created from, and hands it to the runner service. */
  async #published() {
    const configuration = await this.configuration();
    const [setup, integrations, port] = await this.#orPause(
      Promise.all([
        this.#withCredentials(configuration),
        this.#integrations(),
        this.metricsPort(configuration),
      ]),
    );
    const { appName, unitName, deployment, dispatchCommand } = this.#unitContext();
    const service = await this.#settingsFile();
    const lack = await service.publish({
      paused: undefined,
      unit: { appName, unitName, deployment },
      setup,
      integrations,
      metricsPort: port,
      refreshCommand: await dispatchCommand("update-status"),
      reconcileCommand: await dispatchCommand("reconcile-runners"),
    });
    this.#notices = lack === undefined ? [] : [lack];
    return { setup, integrations, service };
  }

  /** The port of the unit's metrics; undefined where nobody wants them. */
  async metricsPort({
    metricsPort: configured,
  }: Pick<Configuration, "metricsPort">): Promise<number | undefined> {
    const [{ metricsPort }, { slugOf }, collectors] = await Promise.all([
      import("../unit/metrics-port.ts"),
      import("../unit/unit-slug.ts"),
      this.#charm.model.relations("cos-agent"),
    ]);
    return metricsPort(configured, collectors.length > 0, slugOf(this.#unitContext()));
  }

  /** Where an agent on the machine scrapes the unit's metrics. Other options may be invalid. */
  async scrapeJobs(): Promise<readonly ScrapeJob[]> {
    const { "metrics-port": option } = await this.#charm.config.read();
    const port = await this.metricsPort({ metricsPort: isPort(option) ? option : undefined });
    if (port === undefined) return [];
    return [{ metrics_path: "/metrics", static_configs: [{ targets: [`localhost:${port}`] }] }];
  }

  /** The runner service creates nothing new while a person or another system must mend the unit's settings. */
  async #orPause<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (thrown) {
      if (isCondition(thrown)) await this.#pause(messageOf(thrown));
      throw thrown;
    }
  }

  async #pause(reason: string): Promise<void> {
    const file = await this.#settingsFile();
    // The reason matters more than a service that goes on as before.
    await file.pause(reason).catch((thrown: unknown) => {
      this.#charm.log.warning("Cannot pause the runner service", { reason: messageOf(thrown) });
    });
  }

  async #settingsFile(): Promise<SettingsFile> {
    const [{ settingsPath }, { SettingsFile }] = await Promise.all([
      import("../unit/service-settings.ts"),
      import("../unit/settings-file.ts"),
    ]);
    const { framework, log } = this.#charm;
    return new SettingsFile({
      path: settingsPath(this.#unitContext()),
      clock: this.#system.clock,
      log,
      redactor: framework.redactor,
    });
  }

  /**
   * Makes sure that the unit's runner service runs this charm's program.
   *
   * @param isUpgrade whether its program or runtime may have changed at the same path.
   * @throws SystemdError
   */
  async ensureService(isUpgrade: boolean, signal: AbortSignal): Promise<void> {
    const { declareLiveView, openServiceSupervisor, serviceCommand } =
      await import("../unit/open-service.ts");
    const context = this.#unitContext();
    const command = serviceCommand(this.#charm.framework.context.charmDir, context);
    if (command === undefined) return;
    // Best effort: the unit works as well without a view.
    await declareLiveView(context).catch(() => undefined);
    const supervisor = openServiceSupervisor(context);
    const state = await supervisor.ensure(command, signal);
    if (state !== "running") return;
    if (isUpgrade || (await this.#isServiceOutdated(signal))) await supervisor.restart(signal);
  }

  /** The status of the unit's runner service; undefined where none does the unit's work with this charm's program. */
  async healthyService(signal: AbortSignal): Promise<ServiceStatus | undefined> {
    const [{ isHealthy }, status] = await Promise.all([
      import("../unit/ask-service.ts"),
      this.#askService(signal),
    ]);
    if (!status || !isHealthy(status, this.#system.clock.now())) return undefined;
    return (await this.#isOutdated(status)) ? undefined : status;
  }

  /**
   * Lets a healthy service do a whole round, with all that a reconcile of a hook does.
   *
   * @returns its status afterwards; undefined where a hook has to do the work: without such a service, with an image to
   * build, or with a machine to mend or to restart.
   */
  async roundOfService(signal: AbortSignal): Promise<ServiceStatus | undefined> {
    const before = await this.healthyService(signal);
    if (before === undefined) return undefined;
    const [{ awaitRound, leavesNothing }, { serviceSocket }, { HOST_PATHS }] = await Promise.all([
      import("../unit/ask-service.ts"),
      import("../unit/service-paths.ts"),
      import("../host/host-paths.ts"),
    ]);
    const { rebootRequired } = this.#system.paths ?? HOST_PATHS;
    if (existsSync(rebootRequired) || !leavesNothing(before)) return undefined;
    const after = await awaitRound(serviceSocket(this.#unitContext()), signal);
    return after !== undefined && leavesNothing(after) ? after : undefined;
  }

  /** A service that does not answer is left to systemd's watchdog. */
  async #isServiceOutdated(signal: AbortSignal): Promise<boolean> {
    const status = await this.#askService(signal);
    return status !== undefined && (await this.#isOutdated(status));
  }

  async #askService(signal: AbortSignal): Promise<ServiceStatus | undefined> {
    const [{ askService }, { serviceSocket }] = await Promise.all([
      import("../unit/ask-service.ts"),
      import("../unit/service-paths.ts"),
    ]);
    return askService(serviceSocket(this.#unitContext()), signal);
  }

  /** Whether another program than the running one is at its path: the charm was upgraded. */
  async #isOutdated({ program }: ServiceStatus): Promise<boolean> {
    const [{ programIdentity }, { serviceProgram }] = await Promise.all([
      import("../unit/service-program.ts"),
      import("../unit/service-paths.ts"),
    ]);
    const identity = await programIdentity(serviceProgram(this.#charm.framework.context.charmDir)).catch(
      // The charm runs from its sources.
      () => program,
    );
    return identity !== program;
  }

  /** Whether the unit's timers need a closer look. Costs next to nothing. */
  async areTimersDue(): Promise<boolean> {
    const { areTimersDue } = await import("../unit/glance-at-timers.ts");
    return areTimersDue(this.#unitContext(), TIMED_EVENTS);
  }

  /**
   * The firewall rules for the unit's runners.
   *
   * @throws the errors of {@link configuration}, and DebugSshError.
   */
  async firewallRules(): Promise<FirewallRules> {
    const [{ firewallRules }, configuration, integrations] = await Promise.all([
      import("../unit/firewall-rules.ts"),
      this.configuration(),
      this.#integrations(),
    ]);
    return firewallRules(configuration, integrations);
  }

  /** What explains why jobs wait. @param step reports progress. */
  async queueEvidence(step: (message: string) => void, signal: AbortSignal): Promise<QueueEvidence> {
    const service = await this.healthyService(signal);
    return this.withWorkload((workload) => workload.queueEvidence(service, signal), step);
  }

  /** What the machine keeps of the lives of the unit's runners. */
  async lifeRecords(): Promise<{ readonly history: RunnerHistory; readonly shelf: CapsuleShelf }> {
    const [{ openHistory }, { runnerNames }] = await Promise.all([
      import("../unit/unit-records.ts"),
      import("../unit/unit-slug.ts"),
    ]);
    const context = this.#unitContext();
    const names = runnerNames(context);
    const shelf = { directory: this.#system.logRoot, owns: (name: string) => names.owns(name) };
    return { history: openHistory(context), shelf };
  }

  /** Opens only the LXD side, without loading Octokit. */
  async withUnit<T>(work: (unit: LxdUnit) => Promise<T>): Promise<T> {
    const { openUnit } = await import("../unit/open-unit.ts");
    const unit = openUnit(this.#context(this.#step));
    try {
      return await work(unit);
    } finally {
      await unit.close();
    }
  }

  /**
   * Installs and starts the unit's timers. Called before the work, so that failed work is retried.
   *
   * @throws SystemdError
   */
  async ensureTimers(signal: AbortSignal): Promise<TimerState> {
    const configuration = await this.configuration();
    const { openTimers, wantedTimers } = await import("../unit/open-timers.ts");
    const context = this.#context(this.#step);
    const state = await openTimers(context).ensure(wantedTimers(configuration, context), signal);
    if (state === "running") {
      const { noteTimersAsked } = await import("../unit/glance-at-timers.ts");
      // A full disk must not keep the unit from its work.
      await noteTimersAsked(context).catch(() => undefined);
    }
    return state;
  }

  /** Reads the state of the unit's timers. */
  async checkTimers(signal: AbortSignal): Promise<TimerState> {
    const configuration = await this.configuration();
    const { openTimers, wantedTimers } = await import("../unit/open-timers.ts");
    const context = this.#context(this.#step);
    return openTimers(context).check(wantedTimers(configuration, context), signal);
  }

  /** What a unit of the same name of another deployment has on the machine; undefined when there is none. */
  async otherUnit(): Promise<string | undefined> {
    const { otherUnitOf } = await import("../unit/unit-slug.ts");
    return otherUnitOf(this.#unitContext());
  }

  /** Tears the unit down, even with an invalid configuration. */
  async tearDown(work: (teardown: Teardown) => Promise<void>): Promise<void> {
    const [{ openTeardown }, setup] = await Promise.all([
      import("../unit/open-workload.ts"),
      this.#forgeSetup().catch((thrown: unknown) =>
        thrown instanceof Error ? thrown : new Error(String(thrown)),
      ),
    ]);
    const teardown = openTeardown(setup, this.#context(this.#step));
    try {
      await work(teardown);
    } finally {
      await teardown.close();
    }
  }

  /** Removal needs only the GitHub options; other invalid options must not block it. */
  async #forgeSetup(): Promise<ForgeSetup> {
    const [{ parseForgeConfiguration }, { checkOptions }] = await parsers();
    return this.#withCredentials(parseForgeConfiguration(await this.#sources(), checkOptions));
  }

  /** Units installed by an earlier version keep them in the charm's state. */
  async #installedOptions(): Promise<InstalledOptions | null> {
    const { openRecords, recordDirectory } = await import("../unit/unit-records.ts");
    const { installed } = openRecords(recordDirectory(this.#unitContext()), this.#charm.log);
    return (await installed.read()) ?? this.#charm.framework.state.read(installedOptionsSlot);
  }

  /** Replaces the source of the credentials with the credentials, which may be in secrets. */
  async #withCredentials<Rest extends object>({
    credentials: source,
    ...configuration
  }: Rest & { readonly credentials: CredentialSource }): Promise<{
    readonly configuration: Omit<Rest, "credentials">;
    readonly credentials: Credentials;
  }> {
    const { readCredentials } = await import("./read-credentials.ts");
    const { framework, model } = this.#charm;
    const credentials = await readCredentials(source, model, (value) => {
      framework.redactor.add(value);
    });
    return { configuration, credentials };
  }

  async #sources(): Promise<ConfigurationSources> {
    const options = await this.#charm.config.read();
    this.#redact(options);
    return { options, proxies: this.#charm.model.proxies };
  }

  async #integrations(): Promise<Integrations> {
    const { readIntegrations } = await import("./relations.ts");
    return readIntegrations(this.#charm.model, this.#charm.log);
  }

  /** Called before the options are parsed: an error may contain a pasted secret. */
  #redact(options: GithubRunnerTypes["options"]): void {
    const { http, https } = this.#charm.model.proxies;
    const passwords = [http, https].map((address) => /:([^:@/]+)@/.exec(address ?? "")?.[1]);
    for (const secret of [options.token, options["repo-policy-compliance-token"], ...passwords]) {
      if (secret) this.#charm.framework.redactor.add(secret.trim());
    }
  }

  #context(step: (message: string) => void): WorkloadContext {
    const { redactor } = this.#charm.framework;
    return { ...this.#unitContext(), log: this.#charm.log, redactor, step };
  }

  #unitContext(): UnitContext {
    const { context } = this.#charm.framework;
    const { appName, unitName, model } = context;
    const searchPath = this.#system.env["PATH"] ?? "";
    return {
      system: this.#system,
      appName,
      unitName,
      deployment: model.uuid,
      dispatchCommand: async (event) => {
        const { jujuDispatchCommand } = await import("./juju-dispatch.ts");
        return jujuDispatchCommand(unitName, event, searchPath);
      },
    };
  }
}

function isPort(option: number): boolean {
  return option >= 1 && option <= 65_535;
}

function parsers() {
  return Promise.all([import("./configuration.ts"), import("./check-options.ts")]);
}
