import type { Burst, JobTimes } from "../bench/burst-figures.ts";
import { Chance } from "./chance.ts";
import { FaultPlan } from "./faults.ts";
import { SimulatedGithub } from "./github.ts";
import { newJob, Records } from "./records.ts";
import { BEGINS_AT, deployAll, type SimulationOptions } from "./simulate.ts";
import { VirtualTime } from "./virtual-time.ts";

/** One burst of jobs on one unit. */
export interface BurstOptions
  extends Burst, Pick<SimulationOptions, "idle" | "runnersOfUnit" | "seed" | "standby"> {}

export interface SimulatedBurst {
  readonly jobs: readonly JobTimes[];
  readonly records: Records;
}

/** Before it, the unit makes its standby instances. */
const REST_MS = 60_000;
const STEP_MS = 10_000;
/** Times the ideal, after which jobs that have not ended are lost. */
const PATIENCE = 4;

/** Simulates a burst of jobs of the same length on one unit, without any fault. */
export async function simulateBurst(options: BurstOptions): Promise<SimulatedBurst> {
  const { jobs, runnersOfUnit, seconds, seed } = options;
  const time = new VirtualTime(BEGINS_AT);
  const restore = time.install();
  try {
    const chance = new Chance(seed);
    const records = new Records();
    const faults = new FaultPlan(BEGINS_AT, 0, chance.of("faults"));
    const github = new SimulatedGithub({ time, chance: chance.of("github"), faults, records });
    const world = { time, chance, records, github };
    const units = await deployAll({ ...options, units: 1, unitsOfPath: 1 }, world);
    await time.run(time.now + REST_MS);
    for (const path of github.paths)
      for (let id = 0; id < jobs; id += 1)
        github.queue(path, { ...newJob(id, time.now, chance), lengthMs: seconds * 1000 });
    const limit = time.now + (PATIENCE * jobs * seconds * 1000) / runnersOfUnit + REST_MS;
    const isDone = () => records.jobs.every(({ endedAt }) => endedAt !== undefined);
    while (!isDone() && time.now < limit) await time.run(time.now + STEP_MS);
    for (const unit of units) unit.stop();
    await time.run(time.now + REST_MS);
    return {
      records,
      jobs: records.jobs.map(({ endedAt = Infinity, lengthMs, queuedAt: createdAt }) => ({
        ...{ createdAt, startedAt: endedAt - lengthMs, completedAt: endedAt },
      })),
    };
  } finally {
    restore();
  }
}
