import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";

import { parseArguments, type FlagKinds, type ToolArguments } from "./tool-arguments.ts";
import { formatterOf } from "./tool-output.ts";

/** One call of a hook tool. `Context` is the backend of the tools. */
export interface ToolCall<Context> extends ToolArguments {
  readonly context: Context;
  /** Working directory of the caller. */
  readonly directory: string;
  /** The standard input, when the arguments asked to read it. */
  readonly stdin: Buffer | undefined;
}

/** Output of a tool; most writing tools print nothing. */
export interface ToolAnswer {
  readonly stdout?: string;
  readonly stderr?: string;
}

/** A hook tool: a program with which a charm reads from Juju or writes to it. */
export interface HookTool<Context> {
  readonly name: string;
  /** Text after the name in the help. */
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
  /** Returns the value to print, or a promise of it. @throws ToolError */
  readonly read: (call: ToolCall<Context>) => unknown;
}

/** A tool that prints a value in the requested format, or writes it to a file. */
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
      // Juju still accepts the flag in tools that no longer print anything.
      if (call.flags["format"] !== undefined) return { stderr: "--format flag deprecated for this command" };
      await tool.write(call);
      return {};
    },
  };
}

/** Parses a tool's command line and runs the tool. @throws ToolError */
export async function callTool<Context>(
  tool: HookTool<Context>,
  argv: readonly string[],
  call: Omit<ToolCall<Context>, keyof ToolArguments>,
): Promise<ToolAnswer> {
  if (argv.includes("--help") || argv.includes("-h"))
    return { stdout: `Usage: ${tool.name} ${tool.usage}\n` };
  return tool.run({ ...call, ...parseArguments(argv, tool.flags) });
}
