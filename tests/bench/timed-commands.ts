import { spawnSync } from "node:child_process";
import { interleave } from "./interleave.ts";

/** A command whose whole run is timed, from before its start until it has ended. */
export interface TimedCommand {
  readonly file: string;
  readonly argv?: readonly string[];
  /** More than the environment of the context. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface TimedCommandsPlan {
  readonly commands: Readonly<Record<string, TimedCommand>>;
  /** How often each is timed, after one run that is not. */
  readonly rounds: number;
}

/** Milliseconds of each command, in the order of the rounds. */
export type TimedCommandsResult = Readonly<Record<string, readonly number[]>>;

function run({ file, argv = [], environment = {} }: TimedCommand): number {
  const started = performance.now();
  const { status, stderr, error } = spawnSync(file, argv, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const took = performance.now() - started;
  if (error) throw error;
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${stderr.toString()}`);
  return took;
}

/** `node timed-commands.ts PLAN`, run in a context of the unit agent: times commands in turn and prints the result. */
if (import.meta.main) {
  const { commands, rounds } = JSON.parse(process.argv[2] ?? "") as TimedCommandsPlan;
  for (const command of Object.values(commands)) run(command);
  const measures = Object.entries(commands).map(([name, command]) => [name, () => run(command)] as const);
  console.log(JSON.stringify(await interleave(Object.fromEntries(measures), rounds)));
}
