import { parseArgs, type ParseArgsConfig } from "node:util";

import { messageOf } from "charm-kit";
import { AgentRequestError } from "../agent-errors.ts";
import type { UnitAgent } from "../unit-agent.ts";

/** Input and output of a command. */
export interface CommandCall {
  readonly agent: UnitAgent;
  /** Arguments after the command. */
  readonly argv: readonly string[];
  /** Prints to the standard output, unchanged. */
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  readonly signal: AbortSignal;
}

/** A command of the command line. */
export interface Command {
  readonly name: string;
  /** Text after the name in the help. */
  readonly usage: string;
  readonly summary: string;
  /** @returns the exit code */
  readonly run: (call: CommandCall) => Promise<number>;
}

/** Parses a command's arguments: options by name, and words. @throws AgentRequestError for an unknown option */
export function readArguments<const T extends NonNullable<ParseArgsConfig["options"]>>(
  argv: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ args: string[]; options: T; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (cause) {
    throw new AgentRequestError(`Cannot read the command line: ${messageOf(cause)}`, { cause });
  }
}

/** Splits `key=value`. @throws AgentRequestError */
export function readPair(word: string): readonly [string, string] {
  const at = word.indexOf("=");
  if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
  throw new AgentRequestError(`Cannot read "${word}": give it as key=value`);
}

/** The single word of a command. @throws AgentRequestError */
export function readWord(words: readonly string[], what: string): string {
  const [word, ...more] = words;
  if (word !== undefined && more.length === 0) return word;
  throw new AgentRequestError(`Cannot read the command line: give one ${what}`);
}
