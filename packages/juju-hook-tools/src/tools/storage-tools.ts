import type { ToolAnswer } from "../hook-tool.ts";
import { assertAtMost, splitPair } from "../tool-arguments.ts";
import { ToolError, usageError } from "../tool-error.ts";
import { readInputFile } from "./input-file.ts";
import { readingTool, writingTool, type HookTool, type ToolCall } from "./backend-tool.ts";

const LONGEST_KEY_BYTES = 256;
const LONGEST_VALUE_BYTES = 64 * 1024;

export const STORAGE_TOOLS: readonly HookTool[] = [
  readingTool({
    name: "storage-list",
    usage: "[<storage-name>]",
    read: ({ context, words }) => {
      assertAtMost(words, 1);
      return context.storage.ids(words[0]);
    },
  }),
  readingTool({ name: "storage-get", usage: "[<key>]", flags: { s: "value" }, read: readStorage }),
  writingTool({
    name: "storage-add",
    usage: "<charm storage name>[=count] ...",
    write: ({ context, words }) => {
      if (words.length === 0) throw usageError("storage add requires a storage directive");
      for (const word of words) context.storage.add(...directiveOf(word));
    },
  }),
  {
    name: "resource-get",
    usage: "<resource name>",
    flags: {},
    run: ({ context, words }: ToolCall): ToolAnswer => {
      const [name] = words;
      if (name === undefined) throw usageError("missing required resource name");
      return { stdout: context.storage.resource(name) };
    },
  },
  readingTool({
    name: "state-get",
    usage: "[<key>]",
    flags: { strict: "switch" },
    read: readState,
  }),
  writingTool({
    name: "state-set",
    usage: "key=value [key=value ...]",
    flags: { file: "value" },
    write: async (call) => {
      const describe = (wrong: string) => `expected "key=value", got "${wrong}"`;
      const pairs = call.words.map((word) => splitPair(word, describe));
      const added = { ...(await readInputFile(call)), ...Object.fromEntries(pairs) };
      for (const [key, value] of Object.entries(added)) assertFits(key, value);
      call.context.storage.remember(added);
    },
  }),
  writingTool({
    name: "state-delete",
    usage: "<key>",
    write: ({ context, words }) => {
      const [key] = words;
      if (key === undefined) throw usageError("missing key");
      assertAtMost(words, 1);
      // Juju accepts an empty key, and deletes nothing.
      if (key !== "") context.storage.forget(key);
    },
  }),
];

function readStorage({ context, flags, words }: ToolCall): unknown {
  assertAtMost(words, 1);
  const id = flags["s"] ?? context.storage.current();
  if (id === undefined) throw usageError("no storage instance specified");
  if (!/^[a-z][a-z0-9-]*\/\d+$/.test(id)) {
    throw usageError(`invalid value "${id}" for option -s: invalid storage ID "${id}"`);
  }
  const { type: kind, location } = context.storage.get(id);
  const [key] = words;
  if (key === undefined) return { kind, location };
  if (key === "kind") return kind;
  if (key === "location") return location;
  throw new ToolError(`invalid storage attribute "${key}"`);
}

function directiveOf(word: string): readonly [name: string, count: number] {
  const [name = "", count = "1"] = word.split("=", 2);
  if (!/^\d+$/.test(count)) throw usageError(`only count can be specified for "${name}"`);
  return [name, Number(count)];
}

function readState({ context, flags, words }: ToolCall): unknown {
  assertAtMost(words, 1);
  const state = context.storage.remembered();
  const [key = "-"] = words;
  if (key === "-") return Object.keys(state).length === 0 ? null : state;
  if (Object.hasOwn(state, key)) return state[key];
  if (flags["strict"] === "true") throw new ToolError(`"${key}" not found`);
  return "";
}

function assertFits(key: string, value: string): void {
  if (Buffer.byteLength(key) > LONGEST_KEY_BYTES) {
    throw new ToolError(`max allowed key size (${LONGEST_KEY_BYTES}) exceeded: quota limit exceeded`);
  }
  if (Buffer.byteLength(value) > LONGEST_VALUE_BYTES) {
    throw new ToolError(`max allowed value size (${LONGEST_VALUE_BYTES}) exceeded: quota limit exceeded`);
  }
}
