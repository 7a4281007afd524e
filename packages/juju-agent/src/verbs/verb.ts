import { parseArgs, type ParseArgsConfig } from "node:util";

import { messageOf } from "charm-kit";
import { AgentRequestError } from "../agent-errors.ts";
import type { UnitAgent } from "../unit-agent.ts";

/** What a verb of the command line works with. */
export interface VerbCall {
  readonly agent: UnitAgent;
  /** Arguments after the verb. */
  readonly argv: readonly string[];
  /** Prints to the standard output, as it is. */
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  readonly signal: AbortSignal;
}

/** A verb of the command line; it gives the exit code. */
export interface Verb {
  readonly name: string;
  /** What follows the name in the help. */
  readonly usage: string;
  readonly summary: string;
  readonly run: (call: VerbCall) => Promise<number>;
}

/** The arguments of a verb: options by name, and words. @throws AgentRequestError for one it does not know */
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

/** The one word that a verb wants. @throws AgentRequestError */
export function readWord(words: readonly string[], what: string): string {
  const [word, ...more] = words;
  if (word !== undefined && more.length === 0) return word;
  throw new AgentRequestError(`Cannot read the command line: give one ${what}`);
}
