import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf, silentLogger, type Logger } from "charm-kit";
import { EventSpool } from "../metrics/event-spool.ts";
import { listCapsules, type Capsule } from "../unit/capsules.ts";
import type { ServiceSettings } from "../unit/service-settings.ts";
import type { ServiceStatus } from "../unit/service-status.ts";
import type { Telemetry } from "../unit/telemetry.ts";
import { readUnitFacts, type UnitFacts } from "../unit/unit-facts.ts";
import { runnerNames } from "../unit/unit-slug.ts";
import type { UnitSystem } from "../unit/unit-system.ts";
import { LivePage, readPageFiles, type PageFiles } from "./live-page.ts";
import { LiveViews } from "./live-views.ts";
import { MetricsEndpoint, type Expose } from "./metrics-endpoint.ts";
import { RecentWaits } from "./recent-waits.ts";
import { UnitExposition } from "./unit-exposition.ts";

export interface ServiceMetricsOptions {
  readonly system: UnitSystem;
  readonly slug: string;
  readonly log: Logger;
  readonly status: () => ServiceStatus;
  /** Absolute path of the service's program. */
  readonly program: string;
}

/** What is beside the service's program in the charm. */
interface ProgramParts {
  readonly version: string;
  /** undefined where they cannot be read. */
  readonly pageFiles: PageFiles | undefined;
}

/** Metrics and live view of the runner service: on its socket, and on a port where the settings name one. */
export class ServiceMetrics {
  readonly #exposition: UnitExposition;
  readonly #options: ServiceMetricsOptions;
  readonly #endpoint: MetricsEndpoint;
  /** The unit at a glance. */
  readonly views: LiveViews;
  #settings: ServiceSettings | undefined;

  private constructor(options: ServiceMetricsOptions, { version, pageFiles }: ProgramParts) {
    const { system, slug, log } = options;
    const waits = new RecentWaits();
    this.#options = options;
    this.#exposition = new UnitExposition({
      status: options.status,
      reconcileMinutes: () => this.#settings?.setup.configuration.reconcileMinutes,
      spool: new EventSpool(join(system.dataRoot, slug)),
      onEvent: (event) => {
        waits.add(event);
      },
      facts: (signal) => this.#facts(system, signal),
      clock: system.clock,
      log,
      version,
    });
    this.views = new LiveViews({
      status: () => this.annotate(options.status()),
      waits,
      takeEvents: () => this.#exposition.takeEvents(),
      capsules: () => this.#capsules(),
      clock: system.clock,
      log,
    });
    const page = pageFiles && new LivePage(pageFiles, this.views);
    this.#endpoint = new MetricsEndpoint({ expose: this.expose, page, log });
  }

  static async open(options: ServiceMetricsOptions): Promise<ServiceMetrics> {
    const version = await charmVersion(options.program);
    return new ServiceMetrics(options, { version, pageFiles: await pageFilesOf(options) });
  }

  get telemetry(): Telemetry {
    return this.#exposition;
  }

  readonly expose: Expose = (accept) => this.#exposition.expose(accept);

  /** Called with the settings in force, as often as they are read. */
  apply(settings: ServiceSettings): void {
    this.#settings = settings;
    this.#endpoint.listen(settings.metricsPort).catch(() => undefined);
  }

  /** The status, with why metrics are not served. */
  annotate(status: ServiceStatus): ServiceStatus {
    const { fault } = this.#endpoint;
    return fault === undefined ? status : { ...status, notices: [...status.notices, fault] };
  }

  async #capsules(): Promise<readonly Capsule[]> {
    const { system } = this.#options;
    const unit = this.#settings?.unit;
    if (!unit) return [];
    const names = runnerNames({ ...unit, system });
    return listCapsules({ directory: system.logRoot, owns: (name) => names.owns(name) });
  }

  async #facts(system: UnitSystem, signal: AbortSignal): Promise<UnitFacts> {
    const unit = this.#settings?.unit;
    if (!unit) return { pool: undefined, application: undefined };
    const dispatchCommand = () => Promise.resolve(undefined);
    return readUnitFacts({ ...unit, system, dispatchCommand, log: silentLogger }, signal);
  }

  async close(): Promise<void> {
    this.views.close();
    this.#exposition.close();
    await this.#endpoint.close();
  }
}

/** What Charmhub's tools write into an archive. */
async function charmVersion(program: string): Promise<string> {
  const text = await readFile(join(dirname(program), "../version"), "utf8").catch(() => "");
  return text.trim() === "" ? "unknown" : text.trim();
}

/** A page that is lost must not keep the service from its work. */
async function pageFilesOf({ program, log }: ServiceMetricsOptions): Promise<PageFiles | undefined> {
  return readPageFiles(join(dirname(program), "../page")).catch((thrown: unknown) => {
    log.warning("Cannot serve the live page", { reason: messageOf(thrown) });
    return undefined;
  });
}
