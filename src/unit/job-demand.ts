import { messageOf } from "charm-kit";
import type { Demand } from "../runners/plan.ts";
import { demandFor, describeDemand, withFormer } from "./demand.ts";
import type { FormerDemand } from "./former-paths.ts";
import type { WorkloadDependencies } from "./workload-dependencies.ts";

/** The demand at a time. */
export interface DemandReading {
  /** undefined with a fixed number of runners. */
  readonly demand: Demand | undefined;
  /** Number of jobs of former scale sets that wait or run. */
  readonly formerJobs: number;
  /** What a person should know of it. */
  readonly notices: readonly string[];
}

type JobDemandDependencies = Pick<
  WorkloadDependencies,
  "configuration" | "demand" | "demandKey" | "formerPaths" | "github" | "log" | "system"
>;

const NO_FORMER: FormerDemand = { assigned: 0, running: 0, scopes: [], notices: [] };

/** The jobs that want runners of the unit: those of its scale set, and of the scale sets that it had before. */
export class JobDemand {
  readonly #dependencies: JobDemandDependencies;
  /** Jobs of former scale sets, as they were read last. */
  #former: FormerDemand = NO_FORMER;
  #formerHere = { assigned: 0, running: 0, missing: 0 };

  constructor(dependencies: JobDemandDependencies) {
    this.#dependencies = dependencies;
  }

  async read(): Promise<DemandReading> {
    const { configuration, demand: kept, demandKey: key, system } = this.#dependencies;
    const { scaling } = configuration;
    const heard = scaling === undefined ? null : await kept.read();
    const hearing = { key, now: system.clock.now() };
    const { notices, scopes: former, ...jobs } = this.#former;
    return {
      demand: withFormer(demandFor(scaling, heard, hearing), { ...jobs, former }),
      formerJobs: jobs.assigned,
      notices: [...describeDemand(scaling, heard, hearing), ...notices],
    };
  }

  /** Asks for the jobs of former scale sets. Best effort: what was read last of the present path goes on. */
  async readFormer(signal: AbortSignal): Promise<void> {
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
}
