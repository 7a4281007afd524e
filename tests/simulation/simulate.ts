import { Chance } from "./chance.ts";
import { FaultPlan } from "./faults.ts";
import { SimulatedGithub, SimulatedPath, SimulatedSet } from "./github.ts";
import { newJob, Records } from "./records.ts";
import { SimulatedUnit } from "./simulated-unit.ts";
import { VirtualTime } from "./virtual-time.ts";

/** What is simulated. The same options give the same result. */
export interface SimulationOptions {
  readonly seed: string;
  readonly units: number;
  /** Units that share labels and a path. */
  readonly unitsOfPath: number;
  /** Most runners of a unit. */
  readonly runnersOfUnit: number;
  readonly idle: number;
  readonly standby: number;
  /** Jobs in all. */
  readonly jobs: number;
  /** Length of the day in hours. */
  readonly hours: number;
  readonly hasFaults: boolean;
}

/** A finished simulation. */
export interface Simulation {
  readonly options: SimulationOptions;
  readonly records: Records;
  readonly faults: FaultPlan["times"];
  readonly beginsAt: number;
  /** When the last job was queued; in milliseconds since the Unix epoch. */
  readonly endsAt: number;
  /** Number of events in virtual time. */
  readonly events: number;
}

const HOUR_MS = 3_600_000;
export const BEGINS_AT = Date.UTC(2026, 10, 2);
const SAMPLE_MS = 5 * 60_000;
/** Longest time that jobs may take after the last one was queued. */
const DRAIN_MS = 4 * HOUR_MS;
/** Jobs of each hour of a working day, as parts of the busiest one. */
const BUSY = [
  0.25, 0.2, 0.2, 0.2, 0.2, 0.25, 0.35, 0.55, 0.8, 0.95, 1, 1, 0.8, 0.9, 1, 1, 0.95, 0.85, 0.65, 0.5, 0.45,
  0.4, 0.35, 0.3,
] as const;

/** Simulates a day of units that scale on demand, faults of GitHub included. @param progress told of each simulated hour */
export async function simulate(
  options: SimulationOptions,
  progress: (hour: number, records: Records) => void = () => undefined,
): Promise<Simulation> {
  const { hours, seed } = options;
  const time = new VirtualTime(BEGINS_AT);
  const restore = time.install();
  try {
    const chance = new Chance(seed);
    const records = new Records();
    const faults = new FaultPlan(BEGINS_AT, options.hasFaults ? hours : 0, chance.of("faults"));
    const github = new SimulatedGithub({ time, chance: chance.of("github"), faults, records });
    const units = await deployAll(options, { time, chance, records, github });
    schedule(time, faults, units, github);
    queueJobs(options, { time, chance: chance.of("jobs"), github });
    sample(time, github, records, BEGINS_AT + hours * HOUR_MS);
    for (let hour = 0; hour < hours; hour += 1) {
      await time.run(BEGINS_AT + Math.min(hours, hour + 1) * HOUR_MS);
      progress(hour + 1, records);
    }
    const endsAt = time.now;
    const isDone = () =>
      records.jobs.every(({ endedAt, state }) => endedAt !== undefined || state === "failed");
    while (!isDone() && time.now < endsAt + DRAIN_MS) await time.run(time.now + SAMPLE_MS);
    for (const unit of units) unit.stop();
    await time.run(time.now + SAMPLE_MS);
    return { options, records, faults: faults.times, beginsAt: BEGINS_AT, endsAt, events: time.happened };
  } finally {
    restore();
  }
}

/** What one simulation works on. */
export interface World {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly records: Records;
  readonly github: SimulatedGithub;
}

/** Deploys units without a job. */
export async function deployAll(
  {
    units: count,
    unitsOfPath,
    runnersOfUnit,
    idle,
    standby,
  }: Pick<SimulationOptions, "units" | "unitsOfPath" | "runnersOfUnit" | "idle" | "standby">,
  { time, chance, records, github }: World,
): Promise<readonly SimulatedUnit[]> {
  const units = Array.from({ length: count }, (_, index) => {
    const number = Math.floor(index / unitsOfPath);
    const path = (github.paths[number] ??= new SimulatedPath(`org-${number}`));
    const unitName = `runners/${index}`;
    const set = new SimulatedSet(`runners-${index}`, path, runnersOfUnit);
    path.sets.push(set);
    return new SimulatedUnit(
      { time, chance: chance.of(unitName), records, github, set },
      { unitName, idle, standby },
    );
  });
  const deployed = Promise.all(units.map((unit) => unit.deploy()));
  await time.run(time.now + 1000);
  await deployed;
  return units;
}

function schedule(
  time: VirtualTime,
  faults: FaultPlan,
  units: readonly SimulatedUnit[],
  github: SimulatedGithub,
): void {
  for (const fault of faults.times) {
    if (fault.to <= fault.from) continue;
    time.after(fault.from - time.now, () => {
      for (const [index, unit] of units.entries())
        if (faults.concerns(fault, fault.killedServices, String(index))) unit.kill();
      if (fault.losesSessions === true)
        for (const set of github.paths.flatMap(({ sets }) => sets)) {
          set.session = undefined;
          set.capacity = 0;
          set.onChange?.();
        }
    });
  }
}

/** Jobs come alone, as workflows of several, and as large matrices. */
function queueJobs(
  { hours, jobs }: SimulationOptions,
  { time, chance, github }: Omit<World, "records">,
): void {
  for (let left = jobs; left > 0;) {
    const size = Math.min(left, groupSize(chance));
    const first = jobs - left;
    const path = chance.pick(github.paths);
    time.after(BEGINS_AT + momentOfDay(chance) * hours * HOUR_MS - time.now, () => {
      for (let index = 0; index < size; index += 1)
        github.queue(path, newJob(first + index, time.now, chance));
    });
    left -= size;
  }
}

function groupSize(chance: Chance): number {
  const kind = chance.next();
  if (kind < 0.7) return 1;
  return kind < 0.95 ? chance.count(2, 8) : chance.count(10, 40);
}

/** From 0 to 1, more often in busy hours. */
function momentOfDay(chance: Chance): number {
  let left = chance.next() * BUSY.reduce((sum, part) => sum + part, 0);
  const hour = BUSY.findIndex((part) => {
    left -= part;
    return left < 0;
  });
  return (Math.max(0, hour) + chance.next()) / BUSY.length;
}

function sample(time: VirtualTime, github: SimulatedGithub, records: Records, until: number): void {
  const sum = (of: (set: SimulatedSet) => number) =>
    github.paths.reduce((all, { sets }) => all + sets.reduce((part, set) => part + of(set), 0), 0);
  records.samples.push({
    at: time.now,
    running: sum(({ running }) => running),
    waiting: sum(({ assigned, running }) => assigned - running),
    queued: github.paths.reduce((all, { queue }) => all + queue.length, 0),
    registrations: sum(({ runners }) => runners.size),
  });
  if (time.now + SAMPLE_MS > until) return;
  time.after(SAMPLE_MS, () => {
    sample(time, github, records, until);
  });
}
