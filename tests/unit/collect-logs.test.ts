import { expect } from "chai";
import { collectLogs, RunnerUnknownError } from "../../src/unit/collect-logs.ts";
import type { MachineState } from "../../src/runners/ports.ts";
import { FakeSite } from "../runners/fake-site.ts";

describe("collectLogs()", () => {
  const signal = new AbortController().signal;
  let site: FakeSite;
  let steps: string[];
  /** Runners that cannot be inspected. */
  let closed: Set<string>;

  beforeEach(() => {
    site = new FakeSite();
    steps = [];
    closed = new Set();
  });

  const collect = (runner?: string) =>
    collectLogs(
      runner,
      {
        machines: {
          list: () => Promise.resolve({ runners: [...site.machines.values()], standby: [], images: [] }),
        },
        logs: {
          pull: (name) =>
            closed.has(name) ? Promise.reject(new Error("it is broken")) : Promise.resolve(`/logs/${name}`),
        },
        directory: "/logs",
        step: (message) => steps.push(message),
      },
      signal,
    );
  const add = (name: string, state: MachineState = "running") => {
    site.addMachine(name, { state });
  };
  const failure = async (work: Promise<unknown>) => work.catch((error: unknown) => error);

  it("copies the logs of all running runners, and logs each", async () => {
    for (const name of ["b", "a"]) add(name);
    add("c", "stopped");
    expect(await collect()).to.equal("/logs");
    expect(steps).to.deep.equal(["Copying the logs of a", "Copying the logs of b"]);
  });

  it("copies the logs of one runner to its own directory", async () => {
    for (const name of ["a", "b"]) add(name);
    expect(await collect("b")).to.equal("/logs/b");
    expect(steps).to.deep.equal(["Copying the logs of b"]);
  });

  it("rejects an unknown runner and lists the known ones", async () => {
    for (const name of ["b", "a"]) add(name);
    const thrown = await failure(collect("../etc"));
    expect(thrown).to.be.instanceOf(RunnerUnknownError);
    expect((thrown as Error).message).to.equal(
      'Cannot collect the logs of "../etc": this unit has no such runner; it has a, b',
    );
  });

  it("names the directory of crashed runners' logs when no runner is running", async () => {
    expect(await collect()).to.equal("/logs");
    expect(steps).to.deep.equal(["No runner is running; the directory has the logs of those that crashed"]);
  });

  it("continues after a failure, and fails when every runner fails", async () => {
    for (const name of ["a", "b"]) add(name);
    closed.add("a");
    expect(await collect()).to.equal("/logs");
    expect(steps).to.include("No logs of a: it is broken").and.to.include("Copying the logs of b");
    closed.add("b");
    expect(await failure(collect()))
      .to.be.an("error")
      .with.property("message", "it is broken");
  });
});
