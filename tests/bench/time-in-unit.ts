import { join } from "node:path";
import type { Rig } from "../support/rig/rig.ts";
import type { TimedCommandsPlan, TimedCommandsResult } from "./timed-commands.ts";

const PROGRAM = join(import.meta.dirname, "timed-commands.ts");

/** Times commands where the unit agent runs the charm: with its environment, its hook tools and its directory. */
export async function timeInUnit<Name extends string>(
  rig: Rig,
  plan: TimedCommandsPlan & { readonly commands: Readonly<Record<Name, unknown>> },
  signal: AbortSignal,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const words = [process.execPath, PROGRAM, JSON.stringify(withEnvironment(rig, plan))].map(quoted);
  const { exitCode, stdout, stderr } = await rig.agent.exec(rig.unit, `exec ${words.join(" ")}`, signal);
  if (exitCode !== 0) throw new Error(`Cannot time commands in ${rig.unit}: ${stderr || stdout}`);
  return JSON.parse(stdout) as TimedCommandsResult & Record<Name, readonly number[]>;
}

/** Only the charm's programs have more in their environment; what they are compared with has not. */
function withEnvironment(rig: Rig, { commands, rounds }: TimedCommandsPlan): TimedCommandsPlan {
  const changed = Object.entries(commands).map(([name, command]) => {
    const isDispatch = command.environment?.["JUJU_DISPATCH_PATH"] !== undefined;
    const environment = { ...command.environment, ...(isDispatch && rig.environment) };
    return [name, { ...command, environment }] as const;
  });
  return { commands: Object.fromEntries(changed), rounds };
}

/** As one word of a shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
