import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The release whose linters archives are held to. */
const VERSION = "4.5.0";

const CACHE = join(import.meta.dirname, "../../../.cache", `charmcraft-${VERSION}`);
const INSTALL_MS = 12 * 60_000;
const LINT_MS = 180_000;

/** What a linter of charmcraft says about an archive. */
export interface LintResult {
  readonly name: string;
  /** Such as `ok`, `warning`, `error` or `nonapplicable`. */
  readonly result: string;
  readonly check_type: "attribute" | "lint";
  readonly text: string;
}

/** Charmcraft, installed from the Python package index. */
export interface Charmcraft {
  /** Runs `charmcraft analyse`. */
  analyse(archive: string): readonly LintResult[];
}

/**
 * Installs charmcraft once, in a virtual environment that is kept.
 *
 * @returns why it cannot be had, where there is no Python, or no package index that has it.
 */
export function installCharmcraft(): Charmcraft | string {
  const program = join(CACHE, "bin/charmcraft");
  const done = join(CACHE, "installed");
  if (!existsSync(done)) {
    const reason = install();
    if (reason !== undefined) return reason;
    writeFileSync(done, "");
  }
  return { analyse: (archive) => analyse(program, archive) };
}

function install(): string | undefined {
  rmSync(CACHE, { recursive: true, force: true });
  const make = spawnSync("python3", ["-m", "venv", CACHE], { encoding: "utf8" });
  if (make.status !== 0) {
    return `python3 cannot make a virtual environment: ${make.stderr || String(make.error)}`;
  }
  // Python compiles what charmcraft imports, which is little of what it depends on.
  const options = ["--quiet", "--disable-pip-version-check", "--no-compile"];
  const pip = ["-m", "pip", "install", ...options, `charmcraft==${VERSION}`];
  const installed = spawnSync(join(CACHE, "bin/python"), pip, { encoding: "utf8", timeout: INSTALL_MS });
  if (installed.status === 0) return undefined;
  return `pip cannot install charmcraft ${VERSION}: ${installed.stderr.trim() || String(installed.error)}`;
}

function analyse(program: string, archive: string): readonly LintResult[] {
  // Charmcraft keeps logs below the home directory.
  const home = mkdtempSync(join(tmpdir(), "charmcraft-"));
  try {
    const output = execFileSync(program, ["analyse", "--format", "json", archive], {
      encoding: "utf8",
      timeout: LINT_MS,
      cwd: home,
      env: { PATH: process.env["PATH"], HOME: home, XDG_RUNTIME_DIR: home, LANG: "C.UTF-8" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return JSON.parse(output) as LintResult[];
  } catch (thrown) {
    // It ends with another exit code when a linter finds something.
    const { stdout } = thrown as { readonly stdout?: string };
    if (stdout?.startsWith("[")) return JSON.parse(stdout) as LintResult[];
    throw thrown;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
