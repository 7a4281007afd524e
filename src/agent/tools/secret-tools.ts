import { readingTool, writingTool, type HookTool, type ToolCall } from "./hook-tool.ts";
import type { FlagKinds } from "../../juju/tool-arguments.ts";
import { ToolError, usageError } from "../../juju/tool-error.ts";

// There are no secrets in this agent yet: each tool answers as Juju does for a model that has none.

const SECRET_ID = /^(?:secret:(?:\/\/[0-9a-f-]{36}\/)?|[0-9a-f-]{36}\/)?([0-9a-z]{20})$/;
const CONTENT: FlagKinds = {
  label: "value",
  description: "value",
  expire: "value",
  rotate: "value",
  owner: "value",
  file: "value",
};

const secretGet = readingTool({
  name: "secret-get",
  usage: "<ID> [key[#base64]]",
  format: "yaml",
  flags: { label: "value", peek: "switch", refresh: "switch" },
  read: (call) => {
    if (call.flags["peek"] === "true" && call.flags["refresh"] === "true") {
      throw usageError("specify one of --peek or --refresh but not both");
    }
    return refuseByIdOrLabel(call, (label) => `consumer label "${label}" not found`);
  },
});

const secretInfoGet = readingTool({
  name: "secret-info-get",
  usage: "<ID>",
  format: "yaml",
  flags: { label: "value" },
  read: (call) => {
    const label = call.flags["label"] ?? "";
    if (label !== "" && call.words.length > 0)
      throw usageError("specify either a secret URI or label but not both");
    return refuseByIdOrLabel(call, (name) => `secret "${name}" not found`);
  },
});

const secretIds = readingTool({ name: "secret-ids", usage: "", read: () => null });

const secretAdd = writingTool({
  name: "secret-add",
  usage: "[key[#base64|#file]=value...]",
  flags: CONTENT,
  write: ({ flags, words }) => {
    if (words.length === 0 && flags["file"] === undefined)
      throw usageError("missing secret value or filename");
    throw new ToolError("cannot add a secret: this agent keeps no secrets: not supported");
  },
});

function refusingById(name: string, usage: string, flags: FlagKinds): HookTool {
  return writingTool({ name, usage, flags, write: ({ words }) => refuseById(words[0]) });
}

function refuseByIdOrLabel({ flags, words }: ToolCall, unknownLabel: (label: string) => string): never {
  if (words[0] !== undefined) refuseById(words[0]);
  const label = flags["label"] ?? "";
  if (label === "") throw usageError("require either a secret URI or label");
  throw new ToolError(unknownLabel(label));
}

function refuseById(text: string | undefined): never {
  if (text === undefined) throw usageError("missing secret URI");
  const id = SECRET_ID.exec(text)?.[1];
  if (id === undefined) throw usageError(`secret URI "${text}" not valid`);
  throw new ToolError(`secret "${id}" not found`);
}

export const SECRET_TOOLS: readonly HookTool[] = [
  secretGet,
  secretInfoGet,
  secretIds,
  secretAdd,
  refusingById("secret-set", "<ID> [key[#base64]=value...]", CONTENT),
  refusingById("secret-remove", "<ID>", { revision: "value" }),
  refusingById("secret-grant", "<ID>", { r: "value", relation: "value", unit: "value" }),
  refusingById("secret-revoke", "<ID>", { r: "value", relation: "value", app: "value", unit: "value" }),
];
