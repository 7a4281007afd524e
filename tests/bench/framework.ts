/**
 * What a dispatch of this framework costs, beside the least that its runtime can do, and beside ops.
 *
 * `node tests/bench/framework.ts [rounds]`; needs neither LXD nor Juju. Hook tools are shell scripts that answer at once.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "juju-charm/pack";
import { hookEnvironment } from "../../packages/juju-charm/tests/hook-environment.ts";
import { createOpsEnvironment, type OpsEnvironment } from "./framework/ops-environment.ts";
import { interleave } from "./interleave.ts";
import { median } from "./median.ts";

const ROOT = join(import.meta.dirname, "../..");
const CHARM = "tests/bench/framework/minimal-charm.ts";

/** What tools answer, to ours and to those of ops. */
const TOOLS: Readonly<Record<string, string>> = {
  "config-get": `echo '{"path":"canonical"}'`,
  "juju-log": "",
  "is-leader": "echo false",
};

/** A dispatch to be timed, or something else to compare it with. */
interface Command {
  readonly file: string;
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Our charm, bundled as one that is packed. */
async function bundleCharm(directory: string): Promise<string> {
  const { files } = await bundle(ROOT, CHARM);
  mkdirSync(directory);
  for (const { name, content } of files) writeFileSync(join(directory, name), content);
  return join(directory, "main.mjs");
}

function writeTools(directory: string): void {
  mkdirSync(directory);
  for (const [tool, body] of Object.entries(TOOLS)) {
    writeFileSync(join(directory, tool), `#!/bin/sh\n${body}\n`);
    chmodSync(join(directory, tool), 0o755);
  }
}

/** The charm of ops, in a directory as Juju unpacks it. */
function writeOpsCharm(directory: string): string {
  mkdirSync(join(directory, "src"), { recursive: true });
  writeFileSync(join(directory, "metadata.yaml"), "name: minimal\n");
  writeFileSync(join(directory, "config.yaml"), "options:\n  path:\n    type: string\n");
  const charm = join(directory, "src/charm.py");
  cpSync(join(import.meta.dirname, "framework/minimal_charm.py"), charm);
  return charm;
}

function time({ file, argv, env }: Command): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(file, argv, { env, stdio: ["ignore", "pipe", "pipe"] });
  const took = performance.now() - started;
  if (status !== 0)
    throw new Error(`${file} ${argv.join(" ")} ended with ${String(status)}: ${stderr.toString()}`);
  return took;
}

/** Our commands by name; the first is what the others are compared with. */
async function ourCommands(directory: string): Promise<Record<string, Command>> {
  const main = await bundleCharm(join(directory, "lib"));
  const tools = join(directory, "tools");
  writeTools(tools);
  const dispatch = (event: string): Command => ({
    file: process.execPath,
    argv: [main],
    env: {
      ...hookEnvironment(`hooks/${event}`, directory),
      PATH: `${tools}:/usr/bin:/bin`,
      NODE_COMPILE_CACHE: join(directory, ".cache"),
    },
  });
  const node = (...argv: string[]): Command => ({
    file: process.execPath,
    argv,
    env: { PATH: "/usr/bin:/bin" },
  });
  return {
    "node -e 0": node("-e", "0"),
    "ours: nobody observes": dispatch("update-status"),
    "ours: observed, no tool": dispatch("start"),
    "ours: observed, one tool": dispatch("config-changed"),
    "the tool alone": { file: join(tools, "config-get"), argv: [], env: { PATH: "/usr/bin:/bin" } },
  };
}

function opsCommands({ python, version }: OpsEnvironment, directory: string): Record<string, Command> {
  const charm = writeOpsCharm(join(directory, "charm"));
  const dispatch = (event: string): Command => ({
    file: python,
    argv: [charm],
    env: {
      ...hookEnvironment(`hooks/${event}`, join(directory, "charm")),
      PATH: `${join(directory, "tools")}:/usr/bin:/bin`,
    },
  });
  return {
    "python -c 0": { file: python, argv: ["-c", "0"], env: { PATH: "/usr/bin:/bin" } },
    [`ops ${version}: nobody observes`]: dispatch("update-status"),
    [`ops ${version}: observed, no tool`]: dispatch("start"),
    [`ops ${version}: observed, one tool`]: dispatch("config-changed"),
  };
}

async function compare(rounds: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "framework-bench-"));
  try {
    const ours = await ourCommands(directory);
    const ops = createOpsEnvironment(join(directory, "venv"));
    if (typeof ops === "string") console.log(`SKIPPED, the comparison with ops: ${ops.trim()}`);
    const commands = { ...ours, ...(typeof ops === "string" ? {} : opsCommands(ops, directory)) };
    // What is compiled once, ours and Python's, is there before the first measurement.
    for (const command of Object.values(commands)) time(command);
    const series = await interleave(
      Object.fromEntries(Object.entries(commands).map(([name, command]) => [name, () => time(command)])),
      rounds,
    );
    report(series, rounds);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function report(series: Readonly<Record<string, readonly number[]>>, rounds: number): void {
  const least = series["node -e 0"] ?? [];
  console.log(`Milliseconds of a whole process, ${rounds} rounds in turn, node ${process.versions.node}\n`);
  console.log(`${"".padEnd(34)} median    best   x node -e 0: median, best`);
  for (const [name, times] of Object.entries(series)) {
    const figures = [median(times), Math.min(...times)].map((value) => value.toFixed(1).padStart(7));
    const ratios = [median(times) / median(least), Math.min(...times) / Math.min(...least)];
    console.log(
      `${name.padEnd(34)}${figures.join(" ")} ${ratios.map((value) => value.toFixed(2).padStart(8)).join("")}`,
    );
  }
}

await compare(Number(process.argv[2] ?? 30));
