import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The library's release: patch 26, in the repository of the charm grafana-agent. */
const COMMIT = "de1252e7966c0b2ff1c613dbec341efd303d708b";
const DIGEST = "95e2144b70da6cfcd633f37b6f572b907011b80f688fcc0c10dc311440dba76b";
const PATH_IN_REPOSITORY = "lib/charms/grafana_agent/v0/cos_agent.py";
const SOURCE = `https://raw.githubusercontent.com/canonical/grafana-agent-operator/${COMMIT}/${PATH_IN_REPOSITORY}`;
const PACKAGES = ["cosl==1.11.3", "ops[testing]==3.9.0", "pydantic==2.14.4"];

const CACHE = join(import.meta.dirname, "../../../.cache/cos-agent");
const INSTALL_MS = 12 * 60_000;
const FETCH_MS = 60_000;

/** Canonical's side of the relation, in a virtual environment. */
export interface CosAgentLibrary {
  readonly python: string;
  /** Whether the library itself is there, beside what it parses with. */
  readonly hasLibrary: boolean;
  /** Runs a program of Python with JSON on its standard input. @returns the JSON that it prints */
  run(program: string, input: unknown): unknown;
}

/**
 * Gets `cosl` from the Python package index, and the library `cos_agent` from its repository, once. Nothing of them is part
 * of this repository.
 *
 * A machine without a way to GitHub can be given the file: `COS_AGENT_LIBRARY` is its path.
 *
 * @returns why it cannot be had, where there is no Python, or no package index that has it.
 */
export async function fetchCosAgentLibrary(): Promise<CosAgentLibrary | string> {
  const python = join(CACHE, "venv/bin/python");
  const done = join(CACHE, "installed");
  const wanted = PACKAGES.join(" ");
  if ((await readFile(done, "utf8").catch(() => "")) !== wanted) {
    const reason = await install(python);
    if (reason !== undefined) return reason;
    await writeFile(done, wanted);
  }
  const hasLibrary = await fetchLibrary();
  return { python, hasLibrary, run: (program, input) => run(python, program, input) };
}

async function install(python: string): Promise<string | undefined> {
  await rm(join(CACHE, "venv"), { recursive: true, force: true });
  await mkdir(CACHE, { recursive: true });
  const make = spawnSync("python3", ["-m", "venv", join(CACHE, "venv")], { encoding: "utf8" });
  if (make.status !== 0)
    return `python3 cannot make a virtual environment: ${make.stderr || String(make.error)}`;
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES];
  const installed = spawnSync(python, pip, { encoding: "utf8", timeout: INSTALL_MS });
  return installed.status === 0
    ? undefined
    : `pip cannot install ${PACKAGES.join(", ")}: ${installed.stderr.trim() || String(installed.error)}`;
}

async function fetchLibrary(): Promise<boolean> {
  const path = join(CACHE, PATH_IN_REPOSITORY);
  if (await isGenuine(path)) return true;
  await mkdir(join(path, ".."), { recursive: true });
  const given = process.env["COS_AGENT_LIBRARY"];
  if (given !== undefined && existsSync(given)) await cp(given, path);
  else {
    const answer = await fetch(SOURCE, { signal: AbortSignal.timeout(FETCH_MS) }).catch(() => undefined);
    if (answer?.ok !== true) return false;
    await writeFile(path, await answer.text());
  }
  if (await isGenuine(path)) return true;
  throw new Error(`${given ?? SOURCE} is not the library that this test was written for`);
}

async function isGenuine(path: string): Promise<boolean> {
  const content = await readFile(path).catch(() => undefined);
  return content !== undefined && createHash("sha256").update(content).digest("hex") === DIGEST;
}

function run(python: string, program: string, input: unknown): unknown {
  const env = { PATH: process.env["PATH"], PYTHONPATH: join(CACHE, "lib"), LANG: "C.UTF-8" };
  const options = { input: JSON.stringify(input), encoding: "utf8", env, timeout: 180_000 } as const;
  const { status, stdout, stderr } = spawnSync(python, ["-W", "ignore", "-c", program], options);
  if (status !== 0) throw new Error(`Python fails: ${stderr}`);
  return JSON.parse(stdout);
}
