import { expect } from "chai";
import { RunnerActions } from "../../src/charm/runner-actions.ts";
import type { UnitWork } from "../../src/charm/unit-work.ts";
import type { ServiceStatus } from "../../src/unit/service-status.ts";
import { sampleStatus } from "../service/sample-status.ts";

type CheckEvent = Parameters<RunnerActions["checkRunners"]>[0];

describe("checkRunners()", () => {
  const check = async (service: ServiceStatus | undefined) => {
    const told = { failures: [] as string[], results: {} as object, lines: [] as string[] };
    const counts = {
      ...{ online: 1, busy: 1, offline: 0, unknown: 1, standby: 2 },
      names: ["a", "b", "c"],
      busyNames: ["b"],
    };
    const workload = { check: () => Promise.resolve(counts), crashLoop: () => Promise.resolve(undefined) };
    const work = {
      withWorkload: (inspect: (...parameters: object[]) => Promise<unknown>) => inspect(workload),
      healthyService: () => Promise.resolve(service),
      checkTimers: () => Promise.resolve("running"),
      otherUnit: () => Promise.resolve(undefined),
    } as unknown as UnitWork;
    const event = {
      signal: new AbortController().signal,
      log: (line: string) => Promise.resolve(void told.lines.push(line)),
      fail: (message: string) => Promise.resolve(void told.failures.push(message)),
      setResults: (results: object) => Promise.resolve(void Object.assign(told.results, results)),
    } as unknown as CheckEvent;
    const system = { clock: { now: () => 0 }, logRoot: "/nowhere" } as never;
    await new RunnerActions({ work, system, show: () => Promise.resolve() }).checkRunners(event);
    return told;
  };

  it("counts standby instances apart, and names them among no runners", async () => {
    expect((await check(undefined)).results).to.deep.equal({
      ...{ online: "1", busy: "1", offline: "0", unknown: "1", standby: "2" },
      runners: "a,b,c",
      "busy-runners": "b",
    });
  });

  it("tells what the runner service is making, and works without one", async () => {
    const activity = { state: "working", since: 0, why: ["instance"], step: "Starting runners 1/3" } as const;
    const beside = await check(sampleStatus({ activity }));
    const alone = await check(undefined);
    expect(beside.lines).to.deep.equal(["The runner service is at work: Starting runners 1/3"]);
    expect(alone.lines).to.deep.equal([]);
    expect(beside.results).to.deep.equal(alone.results);
    expect([...beside.failures, ...alone.failures]).to.deep.equal([]);
  });
});
