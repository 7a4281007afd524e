import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";

import { parseArguments, type FlagKinds, type ToolArguments } from "./tool-arguments.ts";
import { formatterOf } from "./tool-output.ts";

/** One call of a hook tool. `Context` is what the tools of a side of Juju work on. */
export interface ToolCall<Context> extends ToolArguments {
  readonly context: Context;
  /** Working directory of the caller. */
  readonly directory: string;
  /** What was on the standard input, when the tool was told to read it. */
  readonly stdin: Buffer | undefined;
}

/** What a tool prints; nothing for most that write. */
export interface ToolAnswer {
  readonly stdout?: string;
  readonly stderr?: string;
}

/** A program that a charm asks or tells Juju by. */
export interface HookTool<Context> {
  readonly name: string;
  /** What follows the name in the help. */
  readonly usage: string;
  readonly flags: FlagKinds;
  readonly run: (call: ToolCall<Context>) => ToolAnswer | Promise<ToolAnswer>;
}

/** A tool that prints a value. */
export interface ReadingTool<Context> {
  readonly name: string;
  readonly usage: string;
  readonly flags?: FlagKinds;
  /** @default "smart" */
  readonly format?: string;
  /** The value to print, or a promise of it. @throws ToolError */
  readonly read: (call: ToolCall<Context>) => unknown;
}

/** A tool that prints a value in the format the caller asks for, or to a file. */
export function readingTool<Context>(tool: ReadingTool<Context>): HookTool<Context> {
  return {
    name: tool.name,
    usage: `[options] ${tool.usage}`.trimEnd(),
    flags: { ...tool.flags, format: "value", output: "value", o: "value" },
    run: async (call) => {
      const format = formatterOf(call.flags["format"] ?? tool.format ?? "smart");
      const text = format(await tool.read(call));
      const file = call.flags["output"] ?? call.flags["o"];
      if (file === undefined || file === "") return { stdout: text };
      await writeFile(resolve(call.directory, file), text);
      return {};
    },
  };
}

/** A tool that changes something. */
export interface WritingTool<Context> {
  readonly name: string;
  readonly usage: string;
  readonly flags?: FlagKinds;
  /** @throws ToolError */
  readonly write: (call: ToolCall<Context>) => void | Promise<void>;
}

/** A tool that changes something and prints nothing. */
export function writingTool<Context>(tool: WritingTool<Context>): HookTool<Context> {
  return {
    name: tool.name,
    usage: `[options] ${tool.usage}`,
    flags: { ...tool.flags, format: "value" },
    run: async (call) => {
      // Still accepted, as Juju does, by tools that once had something to print.
      if (call.flags["format"] !== undefined) return { stderr: "--format flag deprecated for this command" };
      await tool.write(call);
      return {};
    },
  };
}

/** Runs a tool with its command line. @throws ToolError */
export async function callTool<Context>(
  tool: HookTool<Context>,
  argv: readonly string[],
  call: Omit<ToolCall<Context>, keyof ToolArguments>,
): Promise<ToolAnswer> {
  if (argv.includes("--help") || argv.includes("-h"))
    return { stdout: `Usage: ${tool.name} ${tool.usage}\n` };
  return tool.run({ ...call, ...parseArguments(argv, tool.flags) });
}
