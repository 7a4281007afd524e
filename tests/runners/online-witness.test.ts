import { expect } from "chai";
import { OnlineWitness } from "../../src/runners/online-witness.ts";
import { unaborted } from "./signals.ts";

const HOUR_MS = 3_600_000;

describe("OnlineWitness", () => {
  it("reads GitHub's list anew after the clock was set back", async () => {
    let now = 10 * HOUR_MS;
    const waits: number[] = [];
    const clock = {
      now: () => now,
      wait: async (delayMs: number) => {
        waits.push(delayMs);
        now += delayMs;
        await new Promise(setImmediate);
      },
    };
    const readings = [[], [{ id: 1, name: "runners-0-1", online: true, busy: false }]];
    const list = () => {
      const reading = readings.shift() ?? [];
      if (reading.length === 0) now -= HOUR_MS;
      return Promise.resolve(reading);
    };
    await new OnlineWitness({ list }, clock).online("runners-0-1", unaborted());
    expect(waits).to.have.length(2);
  });
});
