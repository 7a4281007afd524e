import { isRecord } from "charm-kit";
import type { ActionResult } from "../action-results.ts";
import { assertAtMost, splitPair } from "../tool-arguments.ts";
import { usageError } from "../tool-error.ts";
import { readingTool, writingTool, type HookTool } from "./backend-tool.ts";

const KEY_SEGMENT = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const RESERVED: readonly string[] = ["stdout", "stdout-encoding", "stderr", "stderr-encoding"];
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
      context.action.set(words.map(parseResult));
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
    write: async ({ context, words }) => {
      if (words.length === 0) throw usageError("no message specified");
      await context.action.log(words.join(" "));
    },
  }),
];

function parseResult(word: string): ActionResult {
  const [key, value] = splitPair(
    word,
    (wrong) => `argument ${JSON.stringify(wrong)} must be of the form key...=value`,
  );
  if (RESERVED.includes(key)) throw usageError(`cannot set reserved action key "${key}"`);
  const path = key.split(".");
  const wrong = path.find((segment) => !KEY_SEGMENT.test(segment));
  if (wrong === undefined) return { path, value };
  throw usageError(
    `key "${wrong}" must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens`,
  );
}

/** Reads a nested parameter; lists have no keys. */
function valueAt(params: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  let value: unknown = params;
  for (const key of path) {
    value = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value ?? null;
}
