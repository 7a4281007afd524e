import type { JsonObject, JsonValue } from "../../framework/tools/hook-tools.ts";
import type { ActionProgress, HookContext } from "../hooks/hook-context.ts";
import { readingTool, writingTool, type HookTool } from "./hook-tool.ts";
import { assertAtMost, splitPair } from "../../juju/tool-arguments.ts";
import { ToolError, usageError } from "../../juju/tool-error.ts";

const KEY_SEGMENT = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const RESERVED: readonly string[] = ["stdout", "stdout-encoding", "stderr", "stderr-encoding"];
const NO_REASON = "action failed without reason given, check action for errors";

const actionGet = readingTool({
  name: "action-get",
  usage: "[<key>[.<key>.<key>...]]",
  read: ({ context, words }) => {
    assertAtMost(words, 1);
    const { parameters } = actionOf(context);
    const [key] = words;
    return key === undefined ? parameters : valueAt(parameters, key.split("."));
  },
});

const actionSet = writingTool({
  name: "action-set",
  usage: "<key>=<value> [<key>=<value> ...]",
  write: ({ context, words }) => {
    const pairs = words.map(resultPair);
    const action = actionOf(context);
    for (const [path, value] of pairs) action.results = withResult(action.results, path, value);
  },
});

const actionFail = writingTool({
  name: "action-fail",
  usage: '["<failure message>"]',
  write: ({ context, words }) => {
    assertAtMost(words, 1);
    actionOf(context).failure = words[0] ?? NO_REASON;
  },
});

const actionLog = writingTool({
  name: "action-log",
  usage: "<message>",
  write: async ({ context, words }) => {
    if (words.length === 0) throw usageError("no message specified");
    actionOf(context);
    await context.effects.logAction(words.join(" "));
  },
});

function actionOf(context: HookContext): ActionProgress {
  if (context.action) return context.action;
  throw new ToolError("not running an action");
}

function resultPair(word: string): readonly [readonly string[], string] {
  const [key, value] = splitPair(
    word,
    (wrong) => `argument ${JSON.stringify(wrong)} must be of the form key...=value`,
  );
  if (RESERVED.includes(key)) throw usageError(`cannot set reserved action key "${key}"`);
  const path = key.split(".");
  const wrong = path.find((segment) => !KEY_SEGMENT.test(segment));
  if (wrong === undefined) return [path, value];
  throw usageError(
    `key "${wrong}" must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens`,
  );
}

/** A later value wins over an earlier one of another shape. */
function withResult(results: JsonObject, path: readonly string[], value: string): JsonObject {
  const [head = "", ...rest] = path;
  if (rest.length === 0) return { ...results, [head]: value };
  const inner = results[head];
  return { ...results, [head]: withResult(isMap(inner) ? inner : {}, rest, value) };
}

function valueAt(parameters: JsonObject, path: readonly string[]): JsonValue {
  let value: JsonValue | undefined = parameters;
  for (const key of path) value = isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value ?? null;
}

function isMap(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const ACTION_TOOLS: readonly HookTool[] = [actionGet, actionSet, actionFail, actionLog];
