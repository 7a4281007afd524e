import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parse } from "yaml";

import { messageOf } from "../../support/errors.ts";
import { readingTool, writingTool, type HookTool, type ToolCall } from "./hook-tool.ts";
import { assertAtMost, splitPair } from "../../juju/tool-arguments.ts";
import { ToolError, usageError } from "../../juju/tool-error.ts";

const LONGEST_KEY_BYTES = 256;
const LONGEST_VALUE_BYTES = 64 * 1024;

const stateGet = readingTool({
  name: "state-get",
  usage: "[<key>]",
  flags: { strict: "switch" },
  read: ({ context, flags, words }) => {
    assertAtMost(words, 1);
    const { stored } = context.pending;
    const [key = "-"] = words;
    if (key === "-") return Object.keys(stored).length === 0 ? null : stored;
    if (Object.hasOwn(stored, key)) return stored[key];
    if (flags["strict"] === "true") throw new ToolError(`"${key}" not found`);
    return "";
  },
});

const stateSet = writingTool({
  name: "state-set",
  usage: "key=value [key=value ...]",
  flags: { file: "value" },
  write: async (call) => {
    const pairs = call.words.map((word) =>
      splitPair(word, (wrong) => `expected "key=value", got "${wrong}"`),
    );
    const added = { ...(await fileMap(call)), ...Object.fromEntries(pairs) };
    for (const [key, value] of Object.entries(added)) assertFits(key, value);
    call.context.pending.stored = { ...call.context.pending.stored, ...added };
  },
});

const stateDelete = writingTool({
  name: "state-delete",
  usage: "<key>",
  write: ({ context, words }) => {
    const [key] = words;
    if (key === undefined) throw usageError("missing key");
    assertAtMost(words, 1);
    const kept = Object.entries(context.pending.stored).filter(([name]) => name !== key);
    context.pending.stored = Object.fromEntries(kept);
  },
});

async function fileMap({ flags, directory, stdin }: ToolCall): Promise<Readonly<Record<string, string>>> {
  const { file } = flags;
  if (file === undefined || file === "") return {};
  const text =
    file === "-" ? (stdin ?? Buffer.alloc(0)).toString("utf8") : await readText(resolve(directory, file));
  const document = parse(text) as unknown;
  if (document === null) return {};
  const entries = typeof document === "object" ? Object.entries(document) : [];
  if (typeof document === "object" && entries.every(([, value]) => typeof value === "string")) {
    return Object.fromEntries(entries);
  }
  throw new ToolError("cannot unmarshal the file: expected a map of strings");
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new ToolError(messageOf(cause));
  }
}

function assertFits(key: string, value: string): void {
  if (Buffer.byteLength(key) > LONGEST_KEY_BYTES) {
    throw new ToolError(`max allowed key size (${LONGEST_KEY_BYTES}) exceeded: quota limit exceeded`);
  }
  if (Buffer.byteLength(value) > LONGEST_VALUE_BYTES) {
    throw new ToolError(`max allowed value size (${LONGEST_VALUE_BYTES}) exceeded: quota limit exceeded`);
  }
}

export const STATE_TOOLS: readonly HookTool[] = [stateGet, stateSet, stateDelete];
