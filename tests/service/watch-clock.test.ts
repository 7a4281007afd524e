import { expect } from "chai";
import { createLogger, type Clock } from "charm-kit";
import { watchClock } from "../../src/service/watch-clock.ts";
import { rejection } from "../support/rejection.ts";

const START = Date.UTC(2026, 0, 1);
const HOUR_MS = 60 * 60_000;

describe("watchClock()", () => {
  /** What is told where the time of day and the uptime go on by so much, one after the other. */
  const told = async (steps: readonly (readonly [dayMs: number, uptimeMs: number])[]) => {
    const ended = new AbortController();
    const lines: string[] = [];
    let jumps = 0;
    let [now, uptime] = [START, 1000];
    const left = [...steps];
    const clock: Clock = {
      now: () => now,
      wait: () => {
        const [dayMs, uptimeMs] = left.shift() ?? [];
        if (dayMs === undefined || uptimeMs === undefined) return Promise.reject(new Error("the end"));
        now += dayMs;
        uptime += uptimeMs;
        return Promise.resolve();
      },
    };
    const log = createLogger(
      (level, line) => void lines.push(`${level} ${line}`),
      (text) => text,
    );
    const options = { clock, log, uptime: () => uptime, onJump: () => void (jumps += 1) };
    expect(await rejection(watchClock(options, ended.signal))).to.include({ message: "the end" });
    return { jumps, lines };
  };

  it("tells nothing while both clocks agree, however late it looks, and of no small correction", async () => {
    const steps = [
      [20_000, 20_000],
      [10 * 60_000, 10 * 60_000],
      [21_500, 20_000],
      [18_000, 20_000],
    ] as const;
    expect(await told(steps)).to.deep.equal({ jumps: 0, lines: [] });
  });

  it("tells once of a machine that was suspended, and of a clock that was set back", async () => {
    const { jumps, lines } = await told([
      [20_000, 20_000],
      [3 * HOUR_MS, 15_000],
      [20_000, 20_000],
      [-HOUR_MS, 20_000],
      [20_000, 20_000],
    ]);
    expect(jumps).to.equal(2);
    expect(lines).to.deep.equal([
      "WARNING The machine was suspended, or its clock was set forward seconds=10785",
      "WARNING The machine's clock was set back seconds=3620",
    ]);
  });
});
