import type { Bench } from "./bench.ts";
import { median } from "./median.ts";
import { milliseconds, ratio } from "./table.ts";
import { timeInUnit } from "./time-in-unit.ts";

const ROUNDS = 20;

/** What one call of a hook tool costs, from the start of its process to its end. */
export const hookToolBench: Bench = {
  name: "hook-tools",
  run: async ({ rig, repeat, signal }) => {
    const commands = {
      true: { file: "true" },
      "config-get": { file: "config-get", argv: ["--format=json"] },
      "status-get": { file: "status-get", argv: ["--format=json"] },
      "juju-log": { file: "juju-log", argv: ["--log-level", "DEBUG", "--", "A line of the benchmark"] },
    };
    const series = await timeInUnit(rig, { commands, rounds: Math.max(ROUNDS, repeat) }, signal);
    const base = median(series.true);
    const names = Object.keys(commands) as (keyof typeof commands)[];
    return [
      {
        title: "A call of a hook tool of the stand-in for the unit agent",
        columns: ["", "median", "times true"],
        rows: names.map((name) => {
          const took = median(series[name]);
          return [name, milliseconds(took), ratio(took, base)];
        }),
      },
    ];
  },
};
