import { CodedError, renderCommand, type ProcessOutcome } from "charm-kit";

/** Which program of the machine failed. */
export type CommandErrorCode = "apt" | "systemd";

/** Longest kept output of each stream, in characters: its end, which usually names the cause. */
const LONGEST_OUTPUT = 8192;
const LINES_SAID = 3;
const LONGEST_SAID = 1000;

/** A program of the machine failed. */
export class CommandError extends CodedError {
  readonly code: CommandErrorCode;
  /** 127 when the program is not installed, -1 when a signal ended it. */
  readonly exitCode: number;
  /** The end of its standard output, at most 8192 characters. */
  readonly stdout: string;
  /** The end of its standard error, at most 8192 characters. */
  readonly stderr: string;

  /** @param action names the work in the message, after "Cannot". */
  constructor(code: CommandErrorCode, action: string, command: readonly string[], outcome: ProcessOutcome) {
    const said = (outcome.stderr.trim() || outcome.stdout.trim()).split("\n").slice(-LINES_SAID).join("; ");
    const end =
      outcome.killedBy === undefined ? `ended with ${outcome.exitCode}` : `was killed by ${outcome.killedBy}`;
    const cause = said === "" ? "" : `: ${said.slice(-LONGEST_SAID)}`;
    super(`Cannot ${action}: \`${renderCommand(command)}\` ${end}${cause}`);
    this.code = code;
    this.exitCode = outcome.exitCode;
    this.stdout = outcome.stdout.slice(-LONGEST_OUTPUT);
    this.stderr = outcome.stderr.slice(-LONGEST_OUTPUT);
  }
}

/** A name that the machine's programs do not take for one: empty, an option, a path or a pattern. */
export class MachineNameError extends CodedError {
  readonly code = "machine-name";

  constructor(what: string, name: string) {
    super(`Cannot use "${name.slice(0, 100)}" as the name of a ${what}: it is not one`);
  }
}

/** @throws {@link MachineNameError} */
export function assertName(what: string, name: string, pattern: RegExp): void {
  if (!pattern.test(name)) throw new MachineNameError(what, name);
}
