import type { Environment } from "../../dispatch/environment.ts";
import { HookToolError } from "../hook-tool-error.ts";
import { HookToolInputError } from "../hook-tool-refusals.ts";
import { isStringList, parseJSON } from "../json.ts";
import type { JsonObject, JsonValue } from "juju-hook-tools";
import { isRecord } from "charm-kit";
import type { RunTool } from "./run-tool.ts";

/** Options of a {@link ToolCaller}. */
export interface ToolCallerOptions {
  /** The environment of the dispatch. */
  readonly env: Environment;
  /** Aborted when Juju ends the dispatch early. Running tools are then killed. */
  readonly signal: AbortSignal;
  /** Time limit for one tool, in milliseconds. */
  readonly limitMs: number;
  readonly runTool: RunTool;
}

/** Options of one call. */
export interface ToolCall {
  /** Standard input of the tool. */
  readonly input?: string | undefined;
  /** Replaces the signal of the dispatch. */
  readonly signal?: AbortSignal;
}

/** Runs tools, and parses and caches their output. */
export class ToolCaller {
  readonly #options: ToolCallerOptions;
  readonly #answers = new Map<string, Promise<string>>();

  constructor(options: ToolCallerOptions) {
    this.#options = options;
  }

  /** Runs a tool and returns its output. */
  async run(tool: string, args: readonly string[], call: ToolCall = {}): Promise<string> {
    const { env, limitMs, signal, runTool } = this.#options;
    return runTool(
      tool,
      args.map((arg) => asArgument(tool, arg)),
      { env, limitMs, input: call.input },
      call.signal ?? signal,
    );
  }

  /** The cached output of a tool. */
  async readText(tool: string, args: readonly string[]): Promise<string> {
    const key = JSON.stringify([tool, ...args]);
    const known = this.#answers.get(key);
    if (known) return known;
    const answer = this.run(tool, args);
    this.#answers.set(key, answer);
    try {
      return await answer;
    } catch (thrown) {
      if (this.#answers.get(key) === answer) this.#answers.delete(key);
      throw thrown;
    }
  }

  /** The cached JSON output of a tool. */
  async read(tool: string, args: readonly string[] = []): Promise<JsonValue> {
    const output = await this.readText(tool, ["--format=json", ...args]);
    try {
      return parseJSON(output);
    } catch {
      throw unexpectedAnswer(tool, "JSON");
    }
  }

  /** Reads an object; Juju prints `null` for an empty one. */
  async readObject(tool: string, args: readonly string[] = []): Promise<JsonObject> {
    const answer = (await this.read(tool, args)) ?? {};
    if (!isRecord(answer)) throw unexpectedAnswer(tool, "an object");
    return answer;
  }

  /** Reads an object whose members are strings. */
  async readStrings(tool: string, args: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const answer = await this.readObject(tool, args);
    if (!Object.values(answer).every((value) => typeof value === "string"))
      throw unexpectedAnswer(tool, "strings");
    return answer as Readonly<Record<string, string>>;
  }

  /** Reads a list of strings; Juju prints `null` for an empty one. */
  async readList(tool: string, args: readonly string[] = []): Promise<readonly string[]> {
    const answer = (await this.read(tool, args)) ?? [];
    if (!isStringList(answer)) throw unexpectedAnswer(tool, "a list of strings");
    return answer;
  }

  /** Removes cached outputs of a tool: all, or those of calls whose arguments begin with these. */
  forget(tool: string, ...args: readonly string[]): void {
    const asked = args.length > 0 ? [tool, "--format=json", ...args] : [tool];
    const beginning = JSON.stringify(asked).slice(0, -1);
    for (const key of [...this.#answers.keys()]) {
      if (key.startsWith(`${beginning},`) || key === `${beginning}]`) this.#answers.delete(key);
    }
  }
}

/** Tools whose words are only read by people: a message is worth more than its exact characters. */
const MESSAGE_TOOLS: readonly string[] = [
  "action-fail",
  "action-log",
  "application-version-set",
  "juju-log",
  "status-set",
];

/**
 * A word that a command line can hold: UTF-8 without U+0000. Node.js would replace halves of surrogate pairs, and would
 * show the word in the error for U+0000.
 *
 * @throws {@link HookToolInputError} for data that would not arrive as it is.
 */
function asArgument(tool: string, word: string): string {
  if (word.isWellFormed() && !word.includes("\0")) return word;
  if (MESSAGE_TOOLS.includes(tool)) return word.toWellFormed().replaceAll("\0", "\ufffd");
  const problem = "an argument holds U+0000 or half of a surrogate pair, which a command line cannot hold";
  throw new HookToolInputError(tool, `${problem}; encode it, for example as base64`);
}

/** The error omits the output, which may contain secrets. */
export function unexpectedAnswer(tool: string, expected: string): HookToolError {
  return new HookToolError(tool, { exitCode: 0, detail: `its answer is not ${expected}` });
}
