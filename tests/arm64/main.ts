/**
 * Runs the packed agent and the fast tests of what is packed on Node.js for arm64, in an emulator:
 * main.ts [NAMES OF PARTS, FOLDERS AND FILES OF FAST TESTS]
 */
import { spawn } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { systemClock } from "charm-kit";
import { findRuntime } from "juju-charm/pack";
import { Arm64Emulation } from "./emulation.ts";
import { divide, ELSEWHERE } from "./parts.ts";

const ROOT = join(import.meta.dirname, "../..");
const CACHE = join(ROOT, ".cache/arm64");
/** Files in a process: what it says comes when it has ended, and its start alone takes seconds. */
const CHUNK = 8;
const PROCESSES = 2;
/** A process that takes longer counts as one that ended without a result. */
const LIMIT_MS = 60 * 60_000;
/** How many times longer than on a processor of its own a test may take. */
const SLOWNESS = process.env["SLOWNESS"] ?? "20";
/** Histories of the runners' property: the fast tests have 250. */
const HISTORIES = process.env["HISTORIES"] ?? "20";

const chosen = process.argv.slice(2);
const from = systemClock.now();
const work = mkdtempSync(join(tmpdir(), "arm64-"));
const results = join(work, "results");
const ending = new AbortController();
let processes = 0;
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(name, () => {
    ending.abort(new Error(`Ended by ${name}`));
  });
}

const minutes = () => `${Math.round((systemClock.now() - from) / 60_000)} min`;

/** Runs tests in a process, and prints what it says once it has ended, not mixed with what another one says. */
async function mocha(words: readonly string[], env: NodeJS.ProcessEnv, told: string): Promise<void> {
  processes += 1;
  const fixed = ["node_modules/mocha/bin/mocha.js", "--no-config", "--reporter", "tests/support/reporter.ts"];
  const child = spawn("nice", ["node", ...fixed, "--forbid-only", "--fail-zero", ...words], {
    cwd: ROOT,
    env: { ...process.env, ...env, TEST_RESULTS: told },
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.any([ending.signal, AbortSignal.timeout(LIMIT_MS)]),
    killSignal: "SIGKILL",
  });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (bytes: Buffer) => printed.push(bytes));
  child.on("error", (cause) => printed.push(Buffer.from(`${words.join(" ")}: ${cause.message}\n`)));
  await new Promise((resolve) => child.once("close", resolve));
  process.stdout.write(Buffer.concat(printed));
}

/** The environment of tests whose `node`, and that of the programs that they start, is the one for arm64. */
async function emulatedEnvironment(): Promise<NodeJS.ProcessEnv> {
  const runtime = await findRuntime(ROOT, "arm64");
  const bin = join(work, "bin");
  mkdirSync(bin);
  symlinkSync(join(runtime.directory, "bin/node"), join(bin, "node"));
  const [esbuild = ""] = globSync("node_modules/@esbuild/*/bin/esbuild", { cwd: ROOT });
  return {
    PATH: `${bin}:${process.env["PATH"] ?? ""}`,
    NODE_COMPILE_CACHE: join(CACHE, "compiled"),
    // npm has installed the one of this machine's architecture alone.
    ESBUILD_BINARY_PATH: join(ROOT, esbuild),
    HISTORIES,
    SLOWNESS,
  };
}

/** The files of `scripts/test.sh --unit`. */
const fastTests = () =>
  globSync(["packages/*/tests/**/*.test.ts", "tests/**/*.test.ts"], {
    cwd: ROOT,
    exclude: [
      ...["**/node_modules/**", "**/*.{lxd,packed,e2e,slow}.test.ts"],
      ...["packages/lxd-client/**", "tests/{contract,e2e}/**"],
    ],
  }).sort();

/** Prints what test processes have told, as a line or more. @returns the exit code that says whether all is well. */
async function count(told: string, started: number): Promise<number> {
  const counting = spawn("node", ["scripts/test-results.ts", told, String(started)], {
    cwd: ROOT,
    stdio: "inherit",
  });
  const [code] = (await once(counting, "close")) as [number | null];
  return code ?? 1;
}

/** Runs the files of a part, and prints how many tests passed. */
async function runPart(name: string, files: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const told = join(work, name);
  writeFileSync(told, "");
  const limits = ["--require", "./tests/arm64/longer-limits.ts", "--timeout", "10000"];
  const chunks = Array.from({ length: Math.ceil(files.length / CHUNK) }, (_, index) =>
    files.slice(index * CHUNK, (index + 1) * CHUNK),
  );
  const before = processes;
  const takeChunks = async () => {
    for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
      ending.signal.throwIfAborted();
      await mocha([...limits, ...chunk], env, told);
    }
  };
  try {
    await Promise.all(Array.from({ length: PROCESSES }, takeChunks));
  } finally {
    writeFileSync(results, readFileSync(told), { flag: "a" });
    console.log(`\n== ${name}, ${files.length} files, after ${minutes()}:`);
    await count(told, processes - before);
  }
}

writeFileSync(results, "");
try {
  const parts = divide(fastTests(), chosen);
  const environment = await emulatedEnvironment();
  using emulation = new Arm64Emulation("github-runner-arm64", CACHE);
  const listed = parts.map(([name, files]) => `${name} (${files.length} files)`).join(", ");
  console.log(`By ${emulation.entry}: ${listed}`);
  console.log(`Not by it: ${Object.keys(ELSEWHERE).join(", ")}; tests/arm64/parts.ts says why`);
  if (chosen.length === 0) await mocha(["tests/arm64/programs.arm64.ts"], {}, results);
  for (const [name, files] of parts) await runPart(name, files, environment);
} finally {
  console.log(`\n== All of it, in ${minutes()}:`);
  process.exitCode = await count(results, processes);
  if (ending.signal.aborted) process.exitCode = 1;
  rmSync(work, { recursive: true });
}
