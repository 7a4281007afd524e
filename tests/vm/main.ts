/** Runs tests on a whole machine in an emulator: main.ts DIRECTORY-OF-TESTS [mocha's arguments] */
import { existsSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { runOrFail, runProcess, systemClock } from "charm-kit";
import { WholeMachine } from "./whole-machine.ts";

const ROOT = join(import.meta.dirname, "../..");
const LIMIT_MS = 3 * 60 * 60_000;
const STEP_MS = 20 * 60_000;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    tests: { type: "string", default: "virtual-machines" },
    /** Keeps what was made ready for the next run. */
    directory: { type: "string", default: join(ROOT, ".cache/whole-machine") },
  },
});
const { directory } = values;
const signal = AbortSignal.timeout(LIMIT_MS);
const began = performance.now();
const say = (text: string) => {
  const minutes = Math.floor((performance.now() - began) / 60_000);
  process.stdout.write(`${String(minutes).padStart(3)} min  ${text}\n`);
};
const prepare = async (what: string, script: string, made: string) => {
  if (existsSync(join(directory, made))) return;
  say(what);
  const command = ["bash", join(import.meta.dirname, script), directory];
  await runOrFail(runProcess, command, { action: `make ready: ${what}`, limitMs: STEP_MS, signal });
};

await mkdir(directory, { recursive: true });
await prepare("the emulator", "emulator.sh", "interrupt-lock.so");
await prepare("the disk of the machine", "machine-disk.sh", "machine.raw");
await prepare("the base image of virtual machines", "base-image.sh", "base/rootfs.img");

const machine = new WholeMachine({
  directory,
  repository: ROOT,
  clock: systemClock,
  write: (text) => process.stdout.write(text),
});
try {
  say("starting the machine");
  // Each run has a fresh disk, which takes what the run writes.
  const disk = [
    "-f",
    "qcow2",
    "-F",
    "raw",
    "-b",
    join(directory, "machine.raw"),
    join(directory, "run.qcow2"),
  ];
  await runOrFail(runProcess, ["qemu-img", "create", ...disk], {
    action: "make the disk",
    limitMs: STEP_MS,
    signal,
  });
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
