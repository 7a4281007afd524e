import { expect } from "chai";
import type { UnitWork } from "../../src/charm/unit-work.ts";
import { RunnerActions } from "../../src/charm/runner-actions.ts";

type FlushEvent = Parameters<RunnerActions["flushRunners"]>[0];

describe("flushRunners()", () => {
  const flush = async (mode: string) => {
    const failures: string[] = [];
    let touched = false;
    const work = new Proxy(Object.create(null) as UnitWork, {
      get: () => {
        touched = true;
        throw new Error("no runner may be touched");
      },
    });
    const event = {
      params: () => Promise.resolve({ mode }),
      fail: (message: string) => {
        failures.push(message);
        return Promise.resolve();
      },
    } as unknown as FlushEvent;
    const system = { clock: { now: () => 0 }, logRoot: "/nowhere" } as never;
    const actions = new RunnerActions({ work, system, show: () => Promise.resolve() });
    await actions.flushRunners(event).catch(() => undefined);
    return { failures, touched };
  };

  for (const mode of ["", "Idle", "all", "busy ", "__proto__", "x".repeat(5000)]) {
    it(`refuses the mode "${mode.slice(0, 10)}", and touches no runner`, async () => {
      const { failures, touched } = await flush(mode);
      expect(touched).to.equal(false);
      expect(failures).to.deep.equal([`mode: "${mode.slice(0, 40)}" is not a mode; use idle, busy or force`]);
    });
  }

  it("goes to work for a mode that it knows", async () => {
    expect(await flush("idle")).to.deep.include({ touched: true });
  });
});
