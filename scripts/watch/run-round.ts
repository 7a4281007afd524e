import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { describeRound, type Round } from "./plan-round.ts";

/** From this many test files on, starting more processes takes less time than it saves. */
const PARALLEL_FROM = 6;

/** The commands of a round: the tests first, since they tell more. */
export function commandsOf({ tests, types }: Round): readonly (readonly string[])[] {
  const files = tests.map(({ file }) => file);
  const parallel =
    files.length < PARALLEL_FROM ? [] : ["--parallel", "--jobs", String(availableParallelism() * 2)];
  const options = ["--no-config", "--reporter", "dot", "--timeout", "10000", ...parallel];
  return [
    ...(files.length > 0 ? [["mocha", ...options, ...files]] : []),
    ...(types ? [["tsc", "--noEmit", "--incremental", "--tsBuildInfoFile", ".cache/watch.tsbuildinfo"]] : []),
  ];
}

/** Runs a round's commands in the repository, with their output on this process's. @returns whether all succeeded */
export async function runRound(round: Round, root: string, signal: AbortSignal): Promise<boolean> {
  process.stdout.write(`\n${describeRound(round)}`);
  let succeeded = true;
  for (const [program = "", ...args] of commandsOf(round)) {
    if (signal.aborted) return false;
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], signal });
    child.on("error", () => undefined); // the signal's; a program that cannot start ends with a code
    const [code] = (await once(child, "close")) as [number | null];
    succeeded &&= code === 0;
  }
  if (!signal.aborted)
    process.stdout.write(succeeded ? "Passed. Waiting for changes.\n" : "Failed. Waiting for changes.\n");
  return succeeded;
}
