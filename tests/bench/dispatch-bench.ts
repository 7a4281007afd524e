import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "./bench.ts";
import { median } from "./median.ts";
import { milliseconds, ratio } from "./table.ts";
import { timeInUnit } from "./time-in-unit.ts";

/** At least so many rounds: these runs are short, and single ones are noise. */
const ROUNDS = 20;

/** What it costs to be called: an event that nobody observes, and the cheapest of those that the charm observes. */
export const dispatchBench: Bench = {
  name: "dispatch",
  run: async ({ rig, repeat, signal }) => {
    const charm = rig.paths.charm(rig.unit);
    const node = join(charm, "runtime/bin/node");
    const event = (name: string) => ({
      file: join(charm, "dispatch"),
      environment: { JUJU_DISPATCH_PATH: `hooks/${name}` },
    });
    const commands = {
      "node -e 0": { file: node, argv: ["-e", "0"] },
      "dispatch, nobody observes": event("leader-settings-changed"),
      "dispatch of update-status": event("update-status"),
      "its modules": {
        file: node,
        argv: ["--input-type=module", "-e", modulesOf(join(charm, "lib"))],
        environment: { NODE_COMPILE_CACHE: join(charm, ".cache") },
      },
      "config-get": { file: "config-get", argv: ["--format=json"] },
      "status-get": { file: "status-get", argv: ["--format=json", "--include-data"] },
    };
    const series = await timeInUnit(rig, { commands, rounds: Math.max(ROUNDS, repeat) }, signal);
    const base = median(series["node -e 0"]);
    const row = (name: keyof typeof commands, label: string = name, less = 0) => {
      const took = median(series[name]) - less;
      return [label, milliseconds(took), ratio(took, base)];
    };
    return [
      {
        title: "A dispatch beside its runtime doing nothing",
        columns: ["", "median", "times node -e 0"],
        rows: [
          row("node -e 0"),
          row("dispatch, nobody observes"),
          row("dispatch of update-status"),
          row("its modules", "  of which loading its modules", base),
          row("config-get", "  of which config-get"),
          row("status-get", "  of which status-get"),
        ],
        notes: [
          "The parts are measured one by one beside the whole; what is left is LXD's answer and the start of the runtime.",
        ],
      },
    ];
  },
};

/** Imports what an update-status comes to import, and nothing else. */
function modulesOf(lib: string): string {
  const chunk = readdirSync(lib).find((name) => /^open-unit-.*\.mjs$/.test(name));
  if (chunk === undefined) throw new Error(`Cannot find the chunk of the unit's LXD side in ${lib}`);
  return `await import(${JSON.stringify(join(lib, chunk))})`;
}
