import type { Environment } from "../../dispatch/environment.ts";
import { HookToolError } from "../hook-tool-error.ts";
import { isJsonObject, isStringList, parseJSON } from "../json.ts";
import type { JsonObject, JsonValue } from "juju-hook-tools";
import type { RunTool } from "./run-tool.ts";

/** What every call of a tool has in common. */
export interface ToolCallerOptions {
  /** The environment of the dispatch. */
  readonly env: Environment;
  /** Aborted when Juju ends the dispatch early: running tools are killed. */
  readonly signal: AbortSignal;
  /** Longest time one tool may take, in milliseconds. */
  readonly limitMs: number;
  readonly runTool: RunTool;
}

/** What one call has of its own. */
export interface ToolCall {
  /** What the tool reads on standard input. */
  readonly input?: string | undefined;
  /** Instead of the signal of the dispatch. */
  readonly signal?: AbortSignal;
}

/** Runs tools, reads their answers, and remembers answers until they are forgotten. */
export class ToolCaller {
  readonly #options: ToolCallerOptions;
  readonly #answers = new Map<string, Promise<string>>();

  constructor(options: ToolCallerOptions) {
    this.#options = options;
  }

  /** Runs a tool and gives what it wrote. */
  async run(tool: string, args: readonly string[], call: ToolCall = {}): Promise<string> {
    const { env, limitMs, signal, runTool } = this.#options;
    return runTool(tool, args, { env, limitMs, input: call.input }, call.signal ?? signal);
  }

  /** What a tool writes; it is run once for the same arguments. */
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

  /** What a tool answers in JSON; it is asked once for the same arguments. */
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
    if (!isJsonObject(answer)) throw unexpectedAnswer(tool, "an object");
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

  /** Forgets a tool's answers: all of them, or those to questions that begin with these arguments. */
  forget(tool: string, ...args: readonly string[]): void {
    const asked = args.length > 0 ? [tool, "--format=json", ...args] : [tool];
    const beginning = JSON.stringify(asked).slice(0, -1);
    for (const key of [...this.#answers.keys()]) {
      if (key.startsWith(`${beginning},`) || key === `${beginning}]`) this.#answers.delete(key);
    }
  }
}

/** The answer itself is not told: it may hold secrets. */
export function unexpectedAnswer(tool: string, expected: string): HookToolError {
  return new HookToolError(tool, { exitCode: 0, detail: `its answer is not ${expected}` });
}
