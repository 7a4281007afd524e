import { expect } from "chai";
import { RunnerActions } from "../../src/charm/runner-actions.ts";
import type { UnitWork } from "../../src/charm/unit-work.ts";

type UpdateEvent = Parameters<RunnerActions["updateDependencies"]>[0];

interface Course {
  /** Whether there is another version. */
  readonly changed: boolean;
  /** Names of the runners after the reconcile; before it, there is one of the name `old`. */
  readonly after: readonly string[];
  /** Why the image was not built. */
  readonly failure?: string;
}

describe("updateDependencies()", () => {
  /** The action's results and failures, and the order of the calls. */
  const update = async ({ changed, after, failure }: Course) => {
    const told = { failures: [] as string[], results: {} as object, calls: [] as string[] };
    const counts = { online: 1, busy: 0, offline: 0, unknown: 0, standby: 0, busyNames: [] };
    const does = <Value>(call: string, value: Value) => {
      return () => {
        told.calls.push(call);
        return Promise.resolve(value);
      };
    };
    const workload = {
      check: does("check", { ...counts, names: ["old"] }),
      updateApplication: does("update", { version: "2.400.0", changed }),
      endPause: does("end the pause", undefined),
      reconcile: does("reconcile", { counts: { ...counts, names: after }, failures: [], notices: [] }),
      lastFailure: does("last failure", failure),
    };
    const work = {
      withWorkload: (change: (...parameters: object[]) => Promise<unknown>) => change(workload, { count: 1 }),
    } as unknown as UnitWork;
    const event = {
      signal: new AbortController().signal,
      log: () => Promise.resolve(),
      fail: (message: string) => Promise.resolve(void told.failures.push(message)),
      setResults: (results: object) => Promise.resolve(void Object.assign(told.results, results)),
    } as unknown as UpdateEvent;
    const system = { clock: { now: () => 0 }, logRoot: "/nowhere" } as never;
    await new RunnerActions({ work, system, show: () => Promise.resolve() }).updateDependencies(event);
    return told;
  };

  it("tries at once what has failed before, since a person asks", async () => {
    const { calls } = await update({ changed: true, after: ["new"] });
    expect(calls.indexOf("end the pause")).to.be.within(0, calls.indexOf("reconcile") - 1);
  });

  it("tells the version, and whether runners were replaced", async () => {
    expect((await update({ changed: true, after: ["new"] })).results).to.deep.equal({
      flush: "true",
      "runner-version": "2.400.0",
    });
    for (const course of [
      { changed: true, after: ["old"] },
      { changed: false, after: ["new"] },
    ]) {
      expect((await update(course)).results).to.deep.include({ flush: "false" });
    }
  });

  it("fails with the reason, and tells no version, when no image with it could be built", async () => {
    const { failures, results } = await update({
      changed: true,
      after: ["old"],
      failure: "the disk is full",
    });
    expect(failures).to.deep.equal(["Cannot update the runners to 2.400.0: the disk is full"]);
    expect(results).to.deep.equal({});
  });
});
