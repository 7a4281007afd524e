/** Runs tests inside a whole machine in an emulator: main.ts --tests DIRECTORY [mocha's arguments] */
import { cp } from "node:fs/promises";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "charm-kit";
import { makeFreshDisk, makeReady, WHOLE_MACHINE } from "./ready.ts";
import { timedLines } from "./timed-lines.ts";
import { WholeMachine } from "./whole-machine.ts";

const ROOT = join(import.meta.dirname, "../..");
const LIMIT_MS = 3 * 60 * 60_000;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    tests: { type: "string", default: "virtual-machines" },
    /** Keeps what was made ready for the next run. */
    directory: { type: "string", default: WHOLE_MACHINE },
  },
});
const { directory } = values;
const signal = AbortSignal.timeout(LIMIT_MS);
const say = timedLines();

await makeReady(directory, ["emulator", "disk", "base"], say, signal);
const machine = new WholeMachine({
  directory,
  repository: ROOT,
  clock: systemClock,
  write: (text) => process.stdout.write(text),
});
try {
  say("starting the machine");
  await makeFreshDisk(directory, signal);
  await machine.start(signal);
  await cp(join(directory, "base"), join(directory, "exchange/base"), { recursive: true });
  say("running the tests on it");
  const tests = join("/repository", relative(ROOT, import.meta.dirname), values.tests, "*.vm.ts");
  const words = ["mocha", "--no-config", ...positionals, `'${tests}'`];
  const path = "export PATH=/repository/node_modules/.bin:$PATH NODE_COMPILE_CACHE=/var/cache/node";
  process.exitCode = await machine.run(`${path}; cd /repository && ${words.join(" ")}`, signal);
} finally {
  await machine.cutPower();
  say("over");
}
