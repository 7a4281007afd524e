import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Runs git in a repository. @returns what it prints. */
export async function git(root: string, ...argv: readonly string[]): Promise<string> {
  const { stdout } = await run("git", ["-C", root, ...argv]);
  return stdout.trim();
}

/** Runs git in a repository. @returns whether it succeeds. */
export async function gitSucceeds(root: string, ...argv: readonly string[]): Promise<boolean> {
  try {
    await git(root, ...argv);
    return true;
  } catch {
    return false;
  }
}
