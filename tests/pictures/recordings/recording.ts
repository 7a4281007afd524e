import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A line that a program has printed, and when, in milliseconds since its start. */
export interface PrintedLine {
  readonly at: number;
  readonly text: string;
}

export interface RecordOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly signal: AbortSignal;
}

/**
 * Runs a program, and records what it prints.
 *
 * @throws Error with its last lines when it fails
 */
export async function record(options: RecordOptions): Promise<readonly PrintedLine[]> {
  const { file, args, directory, signal } = options;
  // Node.js warns of the two together.
  const environment: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1" };
  delete environment["FORCE_COLOR"];
  const child = spawn(file, args, {
    cwd: directory,
    env: environment,
    signal,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const startedAt = performance.now();
  const lines: PrintedLine[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (text) => {
      lines.push({ at: performance.now() - startedAt, text });
    });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) {
    const end = lines.slice(-10).map(({ text }) => text);
    throw new Error(`${file} ${args.join(" ")} ended with ${code ?? "a signal"}:\n${end.join("\n")}`);
  }
  return lines;
}
