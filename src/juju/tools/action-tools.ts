import { assertAtMost, splitPair } from "../tool-arguments.ts";
import { usageError } from "../tool-error.ts";
import { readingTool, writingTool, type HookTool } from "./side-tool.ts";

const NO_REASON = "action failed without reason given, check action for errors";

export const ACTION_TOOLS: readonly HookTool[] = [
  readingTool({
    name: "action-get",
    usage: "[<key>[.<key>.<key>...]]",
    read: ({ context, words }) => {
      assertAtMost(words, 1);
      const params = context.action.params();
      const [key] = words;
      return key === undefined ? params : valueAt(params, key.split("."));
    },
  }),
  writingTool({
    name: "action-set",
    usage: "<key>=<value> [<key>=<value> ...]",
    write: ({ context, words }) => {
      const fault = (wrong: string) => `argument ${JSON.stringify(wrong)} must be of the form key...=value`;
      context.action.set(Object.fromEntries(words.map((word) => splitPair(word, fault))));
    },
  }),
  writingTool({
    name: "action-fail",
    usage: '["<failure message>"]',
    write: ({ context, words }) => {
      assertAtMost(words, 1);
      context.action.fail(words[0] ?? NO_REASON);
    },
  }),
  writingTool({
    name: "action-log",
    usage: "<message>",
    write: ({ context, words }) => {
      if (words.length === 0) throw usageError("no message specified");
      context.action.log(words.join(" "));
    },
  }),
];

function valueAt(params: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  let value: unknown = params;
  for (const key of path) {
    value =
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Readonly<Record<string, unknown>>)[key]
        : undefined;
  }
  return value ?? null;
}
