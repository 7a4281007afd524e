import { messageOf } from "charm-kit";
import type { Demand } from "../runners/plan.ts";
import { demandFor, describeDemand, idleInVainSince, withFormer, withTrials } from "./demand.ts";
import type { WorkloadDependencies } from "./workload-dependencies.ts";

/** The demand at a time. */
export interface DemandReading {
  /** undefined with a fixed number of runners. */
  readonly demand: Demand | undefined;
  /** Idle runners from before this time get none of the jobs; undefined otherwise. */
  readonly renewBefore?: number | undefined;
  /** Number of jobs of former scale sets that wait or run. */
  readonly formerJobs: number;
  /** What a person should know of it. */
  readonly notices: readonly string[];
}

type JobDemandDependencies = Pick<
  WorkloadDependencies,
  "configuration" | "demand" | "demandKey" | "formerPaths" | "github" | "log" | "system"
>;

/** The jobs that want runners of the unit: those of its scale set, and of the scale sets that it had before. */
export class JobDemand {
  readonly #dependencies: JobDemandDependencies;
  /** Jobs of former scale sets on the present path, as they were read last. */
  #formerHere = { assigned: 0, running: 0, missing: 0 };

  constructor(dependencies: JobDemandDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * @param room number of runners that there is room for: where other jobs want fewer, a former path whose runners did not start
   *   is tried again. @default none is
   */
  async read(room = 0): Promise<DemandReading> {
    const { configuration, demand: kept, demandKey: key, formerPaths, github, system } = this.#dependencies;
    const { scaling } = configuration;
    if (scaling === undefined) return { demand: undefined, formerJobs: 0, notices: [] };
    const heard = await kept.read();
    const hearing = { key, now: system.clock.now() };
    const { notices, scopes, untried, ...elsewhere } = await formerPaths.demand();
    const { assigned, missing, running } = this.#formerHere;
    const waiting = Math.max(0, assigned - running);
    const here = assigned > 0 ? [{ scopeKey: undefined, waiting, missing }] : [];
    const jobs = { assigned: elsewhere.assigned + assigned, running: elsewhere.running + running };
    const demand = withFormer(demandFor(scaling, heard, hearing), { ...jobs, former: [...here, ...scopes] });
    return {
      demand: demand && withTrials(demand, untried, room),
      renewBefore: idleInVainSince(heard, hearing),
      formerJobs: jobs.assigned,
      notices: [
        ...describeDemand(scaling, heard, hearing),
        ...notices,
        ...(github.scaleSet?.formerNotices ?? []),
      ],
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
    await formerPaths.read(signal);
  }
}
