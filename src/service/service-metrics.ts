import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { silentLogger, type Logger } from "charm-kit";
import { EventSpool } from "../metrics/event-spool.ts";
import type { ServiceSettings } from "../unit/service-settings.ts";
import type { ServiceStatus } from "../unit/service-status.ts";
import type { Telemetry } from "../unit/telemetry.ts";
import { readUnitFacts, type UnitFacts } from "../unit/unit-facts.ts";
import type { UnitSystem } from "../unit/unit-system.ts";
import { MetricsEndpoint, type Expose } from "./metrics-endpoint.ts";
import { UnitExposition } from "./unit-exposition.ts";

export interface ServiceMetricsOptions {
  readonly system: UnitSystem;
  readonly slug: string;
  readonly log: Logger;
  readonly status: () => ServiceStatus;
  /** Absolute path of the service's program. */
  readonly program: string;
}

/** The metrics of the runner service: on its socket, and on a port where the settings name one. */
export class ServiceMetrics {
  readonly #exposition: UnitExposition;
  readonly #endpoint: MetricsEndpoint;
  #settings: ServiceSettings | undefined;

  private constructor(options: ServiceMetricsOptions, version: string) {
    const { system, slug, log, status } = options;
    this.#exposition = new UnitExposition({
      status,
      reconcileMinutes: () => this.#settings?.setup.configuration.reconcileMinutes,
      spool: new EventSpool(join(system.dataRoot, slug)),
      facts: (signal) => this.#facts(system, signal),
      clock: system.clock,
      log,
      version,
    });
    this.#endpoint = new MetricsEndpoint({ expose: this.expose, log });
  }

  static async open(options: ServiceMetricsOptions): Promise<ServiceMetrics> {
    return new ServiceMetrics(options, await charmVersion(options.program));
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

  async #facts(system: UnitSystem, signal: AbortSignal): Promise<UnitFacts> {
    const unit = this.#settings?.unit;
    if (!unit) return { pool: undefined, application: undefined };
    const dispatchCommand = () => Promise.resolve(undefined);
    return readUnitFacts({ ...unit, system, dispatchCommand, log: silentLogger }, signal);
  }

  async close(): Promise<void> {
    this.#exposition.close();
    await this.#endpoint.close();
  }
}

/** What Charmhub's tools write into an archive. */
async function charmVersion(program: string): Promise<string> {
  const text = await readFile(join(dirname(program), "../version"), "utf8").catch(() => "");
  return text.trim() === "" ? "unknown" : text.trim();
}
