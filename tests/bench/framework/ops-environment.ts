import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";

/** Python with ops, for one bench. */
export interface OpsEnvironment {
  readonly python: string;
  readonly version: string;
}

/**
 * Makes a virtual environment with the newest ops.
 *
 * @returns why it cannot be had, where there is no Python or no package index.
 */
export function createOpsEnvironment(directory: string): OpsEnvironment | string {
  const make = spawnSync("python3", ["-m", "venv", directory], { encoding: "utf8" });
  if (make.status !== 0)
    return `python3 cannot make a virtual environment: ${make.stderr || String(make.error)}`;
  const python = join(directory, "bin/python");
  const install = spawnSync(python, ["-m", "pip", "install", "--quiet", "ops"], {
    encoding: "utf8",
    timeout: 120_000,
  });
  if (install.status !== 0) return `pip cannot install ops: ${install.stderr || String(install.error)}`;
  const version = execFileSync(python, ["-c", "import ops; print(ops.__version__)"], {
    encoding: "utf8",
  }).trim();
  return { python, version };
}
