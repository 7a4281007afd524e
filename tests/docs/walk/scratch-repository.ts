import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { applyChange, type Change } from "./apply-change.ts";

const LEFT_OUT = new Set(["node_modules", ".git", ".cache", "dist", "coverage"]);
const LIMIT_MS = 15 * 60_000;

export interface Ran {
  readonly exitCode: number | null;
  readonly output: string;
}

/** A copy of a repository without its history, which shares the installed dependencies and has packages of its own. */
export class ScratchRepository {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  static copy(from: string, to: string): ScratchRepository {
    cpSync(from, to, { recursive: true, filter: (path) => path === from || !LEFT_OUT.has(basename(path)) });
    linkDependencies(from, to);
    return new ScratchRepository(to);
  }

  /** Replaces lines of a file. @throws where it does not have them exactly once */
  change(change: Change): void {
    const path = join(this.#root, change.file);
    writeFileSync(path, applyChange(readFileSync(path, "utf8"), change));
  }

  /** Runs a command by a shell in the repository, with the programs of the dependencies. */
  run(command: string): Ran {
    const { status, stdout, stderr } = spawnSync("bash", ["-c", command], {
      cwd: this.#root,
      encoding: "utf8",
      timeout: LIMIT_MS,
      env: { ...process.env, PATH: `${join(this.#root, "node_modules/.bin")}:${process.env["PATH"] ?? ""}` },
    });
    return { exitCode: status, output: `${stdout}${stderr}` };
  }
}

/** Links each installed dependency; those that are packages of the workspace lead to the copied ones. */
function linkDependencies(from: string, to: string): void {
  const workspaces = new Map(
    globSync("packages/*/package.json", { cwd: from }).map((path) => {
      const { name } = JSON.parse(readFileSync(join(from, path), "utf8")) as { readonly name: string };
      return [name, join(to, path, "..")] as const;
    }),
  );
  mkdirSync(join(to, "node_modules"));
  for (const name of readdirSync(join(from, "node_modules")))
    symlinkSync(workspaces.get(name) ?? join(from, "node_modules", name), join(to, "node_modules", name));
  for (const path of globSync("packages/*/node_modules", { cwd: from }))
    symlinkSync(join(from, path), join(to, path));
}
