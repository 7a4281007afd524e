import { expect } from "chai";
import { spanOf, vacanciesOf } from "../bench/burst-figures.ts";
import { renderPage } from "./page.ts";
import { plot } from "./plot.ts";
import { simulate, type Simulation, type SimulationOptions } from "./simulate.ts";
import { simulateBurst } from "./simulate-burst.ts";
import { faultsOf, percentile, summarise } from "./summary.ts";

const OPTIONS: SimulationOptions = {
  seed: "test",
  units: 6,
  unitsOfPath: 3,
  runnersOfUnit: 4,
  idle: 0,
  standby: 1,
  jobs: 120,
  hours: 2,
  hasFaults: true,
};

describe("simulate()", function () {
  this.timeout(180_000);
  let simulation: Simulation;

  before(async () => {
    simulation = await simulate(OPTIONS);
  });

  it("runs each job once, through all faults of GitHub and kills of services, and ends none", () => {
    const found = summarise(simulation);
    expect(faultsOf(found)).to.deep.equal([]);
    expect(found.jobs).to.equal(OPTIONS.jobs);
    expect(found.kills, "services were killed").to.be.above(0);
    expect(found.failedRequests, "requests failed").to.be.above(0);
    const ran = simulation.records.jobs.filter(({ starts, state }) => starts === 1 && state === "completed");
    expect(ran.length + found.givenUp).to.equal(OPTIONS.jobs);
  });

  it("lets jobs without a fault wait a few seconds, and makes hardly a runner for nothing", () => {
    const { calm, runners, unused } = summarise(simulation);
    expect(calm.jobs).to.be.above(10);
    expect(calm.p50).to.be.within(0.5, 4);
    expect(unused).to.be.below(runners / 5);
  });

  it("gives the same day for the same seed, and another one for another seed", async () => {
    const fact = ({ records, events }: Simulation) => [
      events,
      records.jobs,
      [...records.requests],
      records.samples,
      records.rounds,
    ];
    const short = { ...OPTIONS, jobs: 20, hours: 1 };
    const [first, second, other] = [
      await simulate(short),
      await simulate(short),
      await simulate({ ...short, seed: "other" }),
    ];
    expect(fact(first)).to.deep.equal(fact(second));
    expect(fact(first)).to.not.deep.equal(fact(other));
  });

  it("is told on a page and in a plot that are the same each time", () => {
    const found = summarise(simulation);
    const page = renderPage(simulation, found);
    expect(page).to.include("# Scale and speed");
    expect(page).to.match(/\| lost +\| +0 \|/);
    const drawn = plot(simulation);
    expect(drawn).to.equal(plot(simulation));
    expect(drawn).to.not.match(/NaN|Infinity|undefined/);
    for (const { what } of simulation.faults) expect(drawn).to.include(what);
  });
});

describe("simulateBurst()", function () {
  this.timeout(360_000);

  const simulated = async (seconds: number) => {
    const burst = { jobs: 1000, seconds };
    const options = { ...burst, seed: "test", runnersOfUnit: 32, idle: 0, standby: 1 };
    const { jobs, records } = await simulateBurst(options);
    expect(records.broken).to.deep.equal([]);
    expect(records.killed).to.equal(0);
    const ran = records.jobs.filter(({ starts, state }) => starts === 1 && state === "completed");
    expect(ran).to.have.length(burst.jobs);
    return { jobs, ratio: spanOf(jobs) / ((burst.jobs * burst.seconds * 1000) / 32) };
  };

  it("runs 1000 jobs on one unit of 32 runners once each, in at most 1.15 times the ideal", async () => {
    expect((await simulated(90)).ratio).to.be.within(1, 1.15);
  });

  it("lets no place wait for slower creations, so that short jobs take at most 1.4 times the ideal", async () => {
    const { jobs, ratio } = await simulated(20);
    expect(ratio).to.be.within(1, 1.4);
    expect(
      percentile(
        [...vacanciesOf(jobs, 32)].sort((left, right) => left - right),
        0.5,
      ),
    ).to.be.below(7500);
  });
});

describe("faultsOf()", () => {
  it("tells of jobs that were lost, run twice or killed, and of rules that were broken", async () => {
    const simulation = await simulate({ ...OPTIONS, units: 1, jobs: 3, hours: 1, hasFaults: false });
    const [lost, twice] = simulation.records.jobs;
    if (!lost || !twice) expect.fail("there are too few jobs");
    lost.state = "assigned";
    twice.starts = 2;
    simulation.records.killed = 1;
    simulation.records.broken.push("a rule");
    expect(faultsOf(summarise(simulation))).to.deep.equal([
      "1 jobs are lost",
      "1 jobs have run twice",
      "1 jobs were killed",
      "a rule",
    ]);
  });
});

describe("percentile()", () => {
  it("is the least value that so many do not exceed", () => {
    expect(percentile([1, 2, 3, 4], 0.5)).to.equal(2);
    expect(percentile([1, 2, 3, 4], 0.95)).to.equal(4);
    expect(percentile([], 0.5)).to.equal(0);
  });
});
