import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const LIMIT_MS = 60 * 60_000;
const DATE = "2026-11-29T09:21:30Z";

/** What a program prints, and its exit code. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** A repository of its own with the files of this one, of which all copies have the same commit. */
export class RepositoryCopy {
  readonly path: string;
  readonly #environment: NodeJS.ProcessEnv;

  /**
   * @param path does not exist yet.
   * @param environment of its commands, beside the usual one.
   */
  constructor(path: string, environment: NodeJS.ProcessEnv = {}) {
    this.path = path;
    const PATH = `${join(path, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`;
    this.#environment = {
      ...process.env,
      PATH,
      GIT_AUTHOR_DATE: DATE,
      GIT_COMMITTER_DATE: DATE,
      ...environment,
    };
    mkdirSync(path, { recursive: true });
    const listed = execFileSync("git", [
      "-C",
      ROOT,
      "ls-files",
      "-z",
      "--cached",
      "--others",
      "--exclude-standard",
    ]);
    const files = listed.toString().split("\0").filter(Boolean);
    const existing = files.filter((file) => existsSync(join(ROOT, file)));
    // With their times, so that the dependencies are not taken for stale ones.
    execFileSync(
      "xargs",
      ["--null", "cp", "--parents", "--preserve=mode,timestamps", "--target-directory", path],
      {
        cwd: ROOT,
        input: existing.join("\0"),
        stdio: ["pipe", "ignore", "pipe"],
      },
    );
    for (const modules of globSync(["node_modules", "packages/*/node_modules"], { cwd: ROOT }))
      copyModules(join(ROOT, modules), join(path, modules));
    this.run("git", "init", "--quiet");
  }

  /** Runs a program in the copy. */
  run(program: string, ...words: readonly string[]): Ended {
    const { status, stdout, stderr } = spawnSync(program, words, {
      cwd: this.path,
      env: this.#environment,
      encoding: "utf8",
      timeout: LIMIT_MS,
    });
    return { code: status, output: stdout + stderr };
  }

  /** Runs commands as a person does, one after the other. @throws Error when one fails. */
  shell(commands: string): string {
    // Without a terminal, bash may take its input for a remote shell's, and reads its start-up file then.
    const { code, output } = this.run("bash", "--norc", "-euo", "pipefail", "-c", commands);
    if (code !== 0) throw new Error(`${commands} ended with ${code}: ${output}`);
    return output;
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    writeFileSync(join(this.path, path), text);
  }

  /** Gives all files another time. */
  touch(time: Date): void {
    const files = this.shell("git ls-files").trim().split("\n");
    for (const file of files) utimesSync(join(this.path, file), time, time);
  }

  commit(): void {
    const identity = "-c user.name=Ada -c user.email=ada@example.com";
    this.shell(`git add --all && git ${identity} commit --quiet --message Change`);
  }
}

/** Hard links, where the file system is the same one: the dependencies are big, and nobody writes to them. */
function copyModules(source: string, target: string): void {
  try {
    execFileSync("cp", ["--archive", "--link", source, target], { stdio: "ignore" });
  } catch {
    rmSync(target, { recursive: true, force: true });
    execFileSync("cp", ["--archive", source, target]);
  }
}
