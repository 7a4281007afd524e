import { expect } from "chai";

import type { Clock } from "charm-kit";
import { runPeriodically } from "../../src/service/periodic-tasks.ts";

const MINUTE = 60_000;

/** A clock whose waits end at once; it ends the loop after `endMs`. */
function fastClock(endMs: number) {
  let now = 0;
  const end = new AbortController();
  const clock: Clock = {
    now: () => now,
    wait: (delayMs) => {
      now += delayMs;
      if (now <= endMs) return Promise.resolve();
      end.abort(new Error("the end"));
      return Promise.reject(end.signal.reason as Error);
    },
  };
  return { clock, signal: end.signal, pass: (ms: number) => (now += ms) };
}

describe("runPeriodically()", () => {
  it("counts from the end of a run, one task at a time", async () => {
    const { clock, signal, pass } = fastClock(13 * MINUTE);
    const runs: string[] = [];
    const task = (name: string, minutes: number, isDueAtOnce: boolean) => ({
      everyMs: minutes * MINUTE,
      isDueAtOnce,
      run: () => {
        runs.push(`${name} ${clock.now() / MINUTE}`);
        pass(MINUTE);
        return Promise.resolve();
      },
    });
    const failures: unknown[] = [];
    await runPeriodically(
      [task("a", 5, true), task("b", 3, false)],
      { clock, onFailure: (thrown) => failures.push(thrown) },
      signal,
    );
    expect(runs).to.deep.equal(["a 0", "b 3", "a 6", "b 7", "b 11", "a 12"]);
    expect(failures).to.deep.equal([]);
  });

  it("goes on after a failure, and ends with the signal", async () => {
    const { clock, signal } = fastClock(10 * MINUTE);
    const failures: unknown[] = [];
    const run = () => Promise.reject(new Error("why"));
    await runPeriodically(
      [{ everyMs: 5 * MINUTE, isDueAtOnce: true, run }],
      { clock, onFailure: (thrown) => failures.push((thrown as Error).message) },
      signal,
    );
    expect(failures).to.deep.equal(["why", "why", "why"]);
  });
});
