import { execFile } from "node:child_process";
import { dirname, join } from "node:path";

import { readMachineFacts } from "../src/machine-facts.ts";
import { runCommandLine, type CommandLineDependencies } from "../src/run-command-line.ts";
import { MACHINE, NEVER } from "./tiny-charm.ts";

/** The program of the agent. */
export const MAIN = join(import.meta.dirname, "../src/main.ts");

/** Paths of a machine without systemd, beside a state directory. */
export function besideState(state: string): CommandLineDependencies["paths"] {
  const machine = dirname(state);
  return {
    units: join(machine, "units"),
    booted: join(machine, "booted"),
    programs: join(machine, "bin"),
  };
}

/** How a call of the agent ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the agent as a process. */
export function runProgram(state: string, ...argv: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, "--state", state, ...argv], (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

/** Runs what the process runs, without the time that its start takes. */
export function runAgent(state: string, ...argv: string[]): Promise<Ended> {
  return runAgentWith(state, {}, ...argv);
}

/** Runs what the process runs, with other dependencies. */
export async function runAgentWith(
  state: string,
  changed: Partial<CommandLineDependencies>,
  ...argv: string[]
): Promise<Ended> {
  let [stdout, stderr] = ["", ""];
  const code = await runCommandLine(["--state", state, ...argv], {
    readMachine: () => readMachineFacts(MACHINE.path),
    program: { command: [process.execPath, MAIN] },
    paths: besideState(state),
    product: { name: "juju-agent", version: "1.2.3" },
    print: (text) => void (stdout += text),
    printError: (text) => void (stderr += text),
    signal: NEVER,
    ...changed,
  });
  return { code, stdout, stderr };
}
