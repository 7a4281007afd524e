import { InvalidArgumentError, Option, type Command } from "@commander-js/extra-typings";

import { AgentRequestError } from "../agent-errors.ts";
import type { Product } from "../product.ts";
import type { AgentProgram } from "../service/agent-program.ts";
import type { AgentService } from "../service/agent-service.ts";
import type { Terminal } from "../terminal.ts";
import type { UnitAgent } from "../unit-agent.ts";

/** What the agent installs on its machine. */
export interface Installation {
  readonly product: Product;
  readonly program: AgentProgram;
  /** Directory for the program, in `PATH`. */
  readonly programs: string;
  readonly service: AgentService;
  readonly stateDirectory: string;
}

/** Input and output of a verb. */
export interface CommandCall {
  readonly agent: UnitAgent;
  /** The same agent, whose charms call it by another command. */
  readonly agentCalledBy: (command: readonly string[]) => UnitAgent;
  readonly installation: Installation;
  /** Whether the answer is JSON: one object, or one for each line that follows. */
  readonly isJson: boolean;
  /** The verb's answer: prints the text at once, or adds the part to the object that is printed at the end. */
  readonly report: (part: object, text: string) => void;
  /** Prints to the standard output, unchanged; with JSON to the standard error. */
  readonly print: (text: string) => void;
  /** Prints a line of an answer that goes on, as text or as JSON; no object follows at the end. */
  readonly printLine: (line: string) => void;
  readonly printError: (text: string) => void;
  /** Prints a note to the standard error; nothing with `--quiet`. */
  readonly printNote: (text: string) => void;
  /** Prints output of the charm; nothing with `--quiet`. */
  readonly printDetail: (text: string) => void;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** A program to which verbs are added. */
export interface Verbs {
  readonly product: Product;
  /** Adds a verb. */
  readonly add: (name: string, summary: string) => Command;
  /** Opens the agent, does a verb's work, and keeps its exit code. */
  readonly run: (work: (call: CommandCall) => Promise<number>) => Promise<void>;
}

/** Adds one or several verbs to the program. */
export type AddVerbs = (verbs: Verbs) => void;

/** The `--format` of a verb; other values are refused. */
export function formatOption<const Format extends string>(
  formats: readonly [Format, ...Format[]],
): Option<"--format <format>", undefined, Format, undefined, false, Format> {
  return new Option("--format <format>", "format of the answer").choices(formats).default(formats[0]);
}

/** A whole number from 0. @throws InvalidArgumentError */
export function readCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError("Give a whole number from 0.");
}

/** Collects the values of an option that may be given several times. */
export function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

/** Reads a duration such as `90s`, `10m` or `2h` as milliseconds. @throws InvalidArgumentError */
export function readDuration(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError("Give a duration such as 90s, 10m or 2h.");
  return Number(count) * { s: 1000, m: 60_000, h: 3_600_000 }[unit as "s" | "m" | "h"];
}

/** Splits `key=value`. @throws AgentRequestError */
export function readPair(word: string): readonly [string, string] {
  const at = word.indexOf("=");
  if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
  throw new AgentRequestError(`Cannot read "${word}": give it as key=value`);
}
