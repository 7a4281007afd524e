import type { Charm } from "juju-charm";
import type { LxdUnit } from "../lxd/lxd-unit.ts";
import type { FirewallRules, TimerState } from "../runners/ports.ts";
import { applicationSlot } from "./application-record.ts";
import type { CharmSystem } from "./charm-system.ts";
import type { Credentials } from "../github/credentials.ts";
import type { Configuration, ConfigurationSources, ForgeConfiguration } from "./configuration.ts";
import type { Departure } from "./departure.ts";
import { checkImmutableOptions, installedOptionsSlot } from "./immutable-options.ts";
import { imageFailureSlot } from "./image-failure-record.ts";
import type { GithubRunnerTypes } from "./metadata.generated.ts";
import type { ForgeSetup, WorkloadContext } from "./open-workload.ts";
import type { Surroundings } from "./relations.ts";
import type { Workload } from "./workload.ts";

/** What a handler needs of the charm that it belongs to. */
export type RunnerCharm = Pick<Charm<GithubRunnerTypes>, "framework" | "config" | "model" | "log">;

/** Opens what a handler works with, and closes it again. Modules are loaded when the first handler needs them. */
export class UnitWork {
  readonly #charm: RunnerCharm;
  readonly #system: CharmSystem;
  readonly #step: (message: string) => void;
  #configuration: Promise<Configuration> | undefined;

  /** @param step shows what is being done. */
  constructor(charm: RunnerCharm, system: CharmSystem, step: (message: string) => void) {
    this.#charm = charm;
    this.#system = system;
    this.#step = step;
  }

  /**
   * Read once: the options stay as they are while a dispatch lasts.
   *
   * @throws ConfigurationError with every fault of the options.
   * @throws ImmutableOptionError when an option has changed that cannot.
   */
  configuration(): Promise<Configuration> {
    return (this.#configuration ??= this.#readConfiguration());
  }

  async #readConfiguration(): Promise<Configuration> {
    const [{ parseConfiguration }, { checkOptions }] = await parsers();
    const configuration = parseConfiguration(await this.#sources(), checkOptions);
    const { refuseUnsupported } = await import("./unsupported.ts");
    refuseUnsupported(configuration);
    checkImmutableOptions(await this.#charm.framework.state.read(installedOptionsSlot), configuration);
    return configuration;
  }

  /** @param step shows what is being done, in place of the unit's status. */
  async withWorkload<T>(
    work: (workload: Workload, configuration: Configuration) => Promise<T>,
    step = this.#step,
  ): Promise<T> {
    const setup = await this.#withCredentials(await this.configuration());
    const surroundings = await this.#surroundings();
    const { openWorkload } = await import("./open-workload.ts");
    const workload = openWorkload(setup, { ...this.#context(step), surroundings });
    try {
      return await work(workload, setup.configuration);
    } finally {
      await workload.close();
    }
  }

  /**
   * What runners must not reach.
   *
   * @throws what {@link configuration} throws, and DebugSshError.
   */
  async firewallRules(): Promise<FirewallRules> {
    const [{ firewallRules }, configuration, surroundings] = await Promise.all([
      import("./firewall-rules.ts"),
      this.configuration(),
      this.#surroundings(),
    ]);
    return firewallRules(configuration, surroundings);
  }

  /** LXD alone: whoever asks GitHub nothing loads no Octokit. */
  async withUnit<T>(work: (unit: LxdUnit) => Promise<T>): Promise<T> {
    const { openUnit } = await import("./open-unit.ts");
    const unit = openUnit(this.#context(this.#step));
    try {
      return await work(unit);
    } finally {
      await unit.close();
    }
  }

  /**
   * Makes the unit's events fire by the clock; before the work itself, so that a work that fails is tried again.
   *
   * @throws SystemdError
   */
  async ensureTimers(signal: AbortSignal): Promise<TimerState> {
    const configuration = await this.configuration();
    const { openTimers, wantedTimers } = await import("./open-timers.ts");
    const context = this.#context(this.#step);
    return openTimers(context).ensure(wantedTimers(configuration, context), signal);
  }

  /** Tells whether the unit's events fire by the clock. */
  async checkTimers(signal: AbortSignal): Promise<TimerState> {
    const configuration = await this.configuration();
    const { openTimers, wantedTimers } = await import("./open-timers.ts");
    const context = this.#context(this.#step);
    return openTimers(context).check(wantedTimers(configuration, context), signal);
  }

  /** A unit that goes away takes its runners with it even when its configuration cannot be used. */
  async depart(work: (departure: Departure) => Promise<void>): Promise<void> {
    const [{ openDeparture }, setup] = await Promise.all([
      import("./open-workload.ts"),
      this.#forgeSetup().catch((thrown: unknown) =>
        thrown instanceof Error ? thrown : new Error(String(thrown)),
      ),
    ]);
    const departure = openDeparture(setup, this.#context(this.#step));
    try {
      await work(departure);
    } finally {
      await departure.close();
    }
  }

  /** What stops new runners does not stop the old ones from being taken away. */
  async #forgeSetup(): Promise<ForgeSetup> {
    const [{ parseForgeConfiguration }, { checkOptions }] = await parsers();
    return this.#withCredentials(parseForgeConfiguration(await this.#sources(), checkOptions));
  }

  /** Adds the credentials that a configuration names, which may be in secrets. */
  async #withCredentials<Part extends ForgeConfiguration>(
    configuration: Part,
  ): Promise<{ readonly configuration: Part; readonly credentials: Credentials }> {
    const { readCredentials } = await import("./read-credentials.ts");
    const { framework, model } = this.#charm;
    const credentials = await readCredentials(configuration.credentials, model, (value) => {
      framework.redactor.add(value);
    });
    return { configuration, credentials };
  }

  async #sources(): Promise<ConfigurationSources> {
    const options = await this.#charm.config.read();
    this.#redact(options);
    return { options, proxies: this.#charm.model.proxies };
  }

  async #surroundings(): Promise<Surroundings> {
    const { readSurroundings } = await import("./relations.ts");
    return readSurroundings(this.#charm.model, this.#charm.log);
  }

  /** Before anything is made of the options: an error about them may hold what a person pasted. */
  #redact(options: GithubRunnerTypes["options"]): void {
    const { http, https } = this.#charm.model.proxies;
    const passwords = [http, https].map((address) => /:([^:@/]+)@/.exec(address ?? "")?.[1]);
    for (const secret of [options.token, options["repo-policy-compliance-token"], ...passwords]) {
      if (secret) this.#charm.framework.redactor.add(secret.trim());
    }
  }

  #context(step: (message: string) => void): WorkloadContext {
    const { context, redactor, state } = this.#charm.framework;
    return {
      system: this.#system,
      appName: context.appName,
      unitName: context.unitName,
      modelUuid: context.model.uuid,
      log: this.#charm.log,
      redactor,
      application: {
        read: () => state.read(applicationSlot),
        write: (memo) => state.write(applicationSlot, memo && { ...memo }),
      },
      imageFailure: {
        read: () => state.read(imageFailureSlot),
        write: (failure) => state.write(imageFailureSlot, failure && { ...failure }),
      },
      installed: {
        read: () => state.read(installedOptionsSlot),
        write: (options) => state.write(installedOptionsSlot, options),
      },
      step,
    };
  }
}

function parsers() {
  return Promise.all([import("./configuration.ts"), import("./check-options.ts")]);
}
