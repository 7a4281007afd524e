import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** How a shell script is run. */
export interface ShellScript {
  /** Absolute path; bash runs it. */
  readonly path: string;
  /** @default none */
  readonly words?: readonly string[];
  /** Called with each line of its standard output, without indentation. */
  readonly progress: (line: string) => void;
}

/**
 * Runs a script and hands on what it says while it works; its standard error is this process's.
 *
 * @returns its exit code; undefined when a signal ended it.
 */
export async function runShellScript(script: ShellScript, signal: AbortSignal): Promise<number | undefined> {
  const { path, words = [], progress } = script;
  const child = spawn("bash", [path, ...words], { stdio: ["ignore", "pipe", "inherit"], signal });
  createInterface({ input: child.stdout }).on("line", (line) => {
    progress(line.trim());
  });
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? undefined;
}
