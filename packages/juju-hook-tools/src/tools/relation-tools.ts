import type { Texts } from "../juju-backend.ts";
import { assertAtMost, splitPair } from "../tool-arguments.ts";
import { usageError } from "../tool-error.ts";
import { readInputFile } from "./input-file.ts";
import { RELATION_FLAG, relationOf } from "./relation-flag.ts";
import { readingTool, writingTool, type HookTool, type ToolCall } from "./backend-tool.ts";

export const RELATION_TOOLS: readonly HookTool[] = [
  readingTool({
    name: "relation-ids",
    usage: "[<name>]",
    read: ({ context, words }) => {
      assertAtMost(words, 1);
      const endpoint = words[0] ?? context.relations.current()?.endpoint;
      if (endpoint === undefined) throw usageError("no endpoint name specified");
      return context.relations.ids(endpoint);
    },
  }),
  readingTool({
    name: "relation-list",
    usage: "",
    flags: { ...RELATION_FLAG, app: "switch" },
    read: (call) => {
      assertAtMost(call.words, 0);
      const { relations } = call.context;
      const id = relationOf(call);
      return call.flags["app"] === "true" ? relations.app(id) : relations.units(id);
    },
  }),
  readingTool({
    name: "relation-get",
    usage: "<key> <unit id>",
    flags: { ...RELATION_FLAG, app: "switch" },
    read: readData,
  }),
  readingTool({
    name: "relation-model-get",
    usage: "",
    flags: RELATION_FLAG,
    read: (call) => ({ uuid: call.context.relations.model(relationOf(call)) }),
  }),
  writingTool({
    name: "relation-set",
    usage: "key=value [key=value ...]",
    flags: { ...RELATION_FLAG, app: "switch", file: "value" },
    write: async (call) => {
      const id = relationOf(call);
      const data = { ...(await readInputFile(call)), ...pairsOf(call.words) };
      call.context.relations.write(id, call.flags["app"] === "true" ? "app" : "unit", data);
    },
  }),
];

function readData(call: ToolCall): unknown {
  const { context, flags, words } = call;
  assertAtMost(words, 2);
  const id = relationOf(call);
  const [key = "-", given] = words;
  const data = context.relations.read(id, memberOf(call, given, flags["app"] === "true"));
  if (key === "-" || key === "") return data;
  return Object.hasOwn(data, key) ? data[key] : null;
}

function memberOf({ context }: ToolCall, given: string | undefined, app: boolean): string {
  const current = context.relations.current();
  const member = given ?? current?.remoteUnit ?? current?.remoteApp;
  if (member === undefined) throw usageError("no unit or application specified");
  const isUnit = member.includes("/");
  if (given !== undefined && !isUnit && !app) {
    throw usageError(`expected unit name, got application name "${member}"`);
  }
  if (isUnit && !/^[a-z][a-z0-9-]*\/\d+$/.test(member)) throw usageError(`invalid unit name "${member}"`);
  return isUnit && app ? (member.split("/", 1)[0] ?? member) : member;
}

/** Parses `key=value` words; trims keys and values. */
function pairsOf(words: readonly string[]): Texts {
  const pairs: Record<string, string> = {};
  for (const word of words) {
    const [key, value] = splitPair(word, (wrong) => `expected "key=value", got "${wrong}"`);
    const name = key.trim();
    if (Object.hasOwn(pairs, name)) throw usageError(`key "${name}" specified more than once`);
    pairs[name] = value.trim();
  }
  return pairs;
}
