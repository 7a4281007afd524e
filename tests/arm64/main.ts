/** Runs the fast tests and the packed agent on Node.js for arm64, in an emulator: main.ts [PATHS OF FAST TESTS] */
import { spawn } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { systemClock } from "charm-kit";
import { findRuntime } from "juju-charm/pack";
import { Arm64Emulation } from "./emulation.ts";

const ROOT = join(import.meta.dirname, "../..");
const CACHE = join(ROOT, ".cache/arm64");
/** Files in a process: what it says comes when it has ended. */
const CHUNK = 6;
const PROCESSES = 2;
/** How many times longer than on a processor of its own a test may take. */
const SLOWNESS = process.env["SLOWNESS"] ?? "20";
/** Histories of the runners' property: the fast tests have 250. */
const HISTORIES = process.env["HISTORIES"] ?? "20";

const chosen = process.argv.slice(2);
const from = systemClock.now();
const work = mkdtempSync(join(tmpdir(), "arm64-"));
const results = join(work, "results");
let processes = 0;

/** Runs tests in a process, and prints what it says once it has ended, not mixed with what another one says. */
async function mocha(words: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  processes += 1;
  const fixed = ["node_modules/mocha/bin/mocha.js", "--no-config", "--reporter", "tests/support/reporter.ts"];
  const child = spawn("nice", ["node", ...fixed, "--forbid-only", "--fail-zero", ...words], {
    cwd: ROOT,
    env: { ...process.env, ...env, TEST_RESULTS: results },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (bytes: Buffer) => printed.push(bytes));
  await once(child, "close");
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
function fastTests(): readonly string[] {
  const isChosen = (file: string) =>
    chosen.length === 0 ||
    chosen.some((path) => file === path || file.startsWith(`${path.replace(/\/$/, "")}/`));
  const files = globSync(["packages/*/tests/**/*.test.ts", "tests/**/*.test.ts"], {
    cwd: ROOT,
    exclude: [
      ...["**/node_modules/**", "**/*.{lxd,packed,e2e,slow}.test.ts"],
      ...["packages/lxd-client/**", "tests/{contract,e2e}/**"],
    ],
  });
  return files.filter(isChosen).sort();
}

writeFileSync(results, "");
try {
  const environment = await emulatedEnvironment();
  using emulation = new Arm64Emulation("github-runner-arm64", CACHE);
  const files = fastTests();
  console.log(`${files.length} files with fast tests, and the packed agent, by ${emulation.entry}`);
  if (chosen.length === 0) await mocha(["tests/arm64/programs.arm64.ts"], {});
  const limits = ["--require", "./tests/arm64/longer-limits.ts", "--timeout", "10000"];
  const chunks = Array.from({ length: Math.ceil(files.length / CHUNK) }, (_, index) =>
    files.slice(index * CHUNK, (index + 1) * CHUNK),
  );
  const takeChunks = async () => {
    for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift())
      await mocha([...limits, ...chunk], environment);
  };
  await Promise.all(Array.from({ length: PROCESSES }, takeChunks));
} finally {
  console.log(`${Math.round((systemClock.now() - from) / 60_000)} minutes`);
  const counting = spawn("node", ["scripts/test-results.ts", results, String(processes)], {
    cwd: ROOT,
    stdio: "inherit",
  });
  const [code] = (await once(counting, "close")) as [number | null];
  process.exitCode = code ?? 1;
  rmSync(work, { recursive: true });
}
