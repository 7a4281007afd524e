import type { ManagedSecret, Rotation, SecretChanges, SecretName } from "../juju-backend.ts";
import { assertAtMost, type FlagKinds } from "../tool-arguments.ts";
import { ToolError, usageError } from "../tool-error.ts";
import type { ToolAnswer } from "../hook-tool.ts";
import { parseExpiry } from "./expiry.ts";
import { givenRelation, RELATION_FLAG, relationOf } from "./relation-flag.ts";
import { readSecretContent } from "./secret-content.ts";
import { type HookTool, readingTool, type ToolCall, writingTool } from "./backend-tool.ts";

const METADATA: FlagKinds = {
  label: "value",
  description: "value",
  expire: "value",
  rotate: "value",
  owner: "value",
  file: "value",
};
const ROTATIONS: readonly string[] = [
  "never",
  "hourly",
  "daily",
  "weekly",
  "monthly",
  "quarterly",
  "yearly",
] satisfies Rotation[];

export const SECRET_TOOLS: readonly HookTool[] = [
  readingTool({
    name: "secret-get",
    usage: "<ID> [key[#base64]]",
    format: "yaml",
    flags: { label: "value", peek: "switch", refresh: "switch" },
    read: readSecret,
  }),
  readingTool({
    name: "secret-info-get",
    usage: "<ID>",
    format: "yaml",
    flags: { label: "value" },
    read: ({ context, flags, words }) => {
      const label = flags["label"] ?? "";
      if (label !== "" && words.length > 0) {
        throw usageError("specify either a secret URI or label but not both");
      }
      return showInfo(context.secrets.info(nameOf(words[0], label)));
    },
  }),
  readingTool({
    name: "secret-ids",
    usage: "",
    read: ({ context }) => {
      const ids = context.secrets.ids();
      return ids.length > 0 ? ids : null;
    },
  }),
  {
    name: "secret-add",
    usage: "[options] [key[#base64|#file]=value...]",
    flags: { ...METADATA, format: "value" },
    run: addSecret,
  },
  writingTool({
    name: "secret-set",
    usage: "<ID> [key[#base64]=value...]",
    flags: METADATA,
    write: async (call) => {
      const [uri, ...words] = call.words;
      const id = required(uri);
      const content = await readSecretContent(call, words);
      const changes = metadataOf(call);
      const isEmpty = Object.keys(content).length === 0;
      call.context.secrets.change(id, isEmpty ? changes : { ...changes, content });
    },
  }),
  writingTool({
    name: "secret-remove",
    usage: "<ID>",
    flags: { revision: "value" },
    write: ({ context, flags, words }) => {
      const { revision } = flags;
      context.secrets.remove(required(words[0]), revision === undefined ? undefined : Number(revision));
    },
  }),
  writingTool({
    name: "secret-grant",
    usage: "<ID>",
    flags: { ...RELATION_FLAG, unit: "value" },
    write: (call) => {
      const id = required(call.words[0]);
      call.context.secrets.grant(id, relationOf(call), call.flags["unit"]);
    },
  }),
  writingTool({
    name: "secret-revoke",
    usage: "<ID>",
    flags: { ...RELATION_FLAG, app: "value", unit: "value" },
    write: revokeSecret,
  }),
];

async function addSecret(call: ToolCall): Promise<ToolAnswer> {
  const { owner = "application" } = call.flags;
  if (owner !== "application" && owner !== "unit") throw usageError(`secret owner "${owner}" not valid`);
  const content = await readSecretContent(call, call.words);
  if (Object.keys(content).length === 0) throw usageError("missing secret value or filename");
  return { stdout: `${call.context.secrets.add(owner, { ...metadataOf(call), content })}\n` };
}

async function readSecret({ context, flags, words }: ToolCall): Promise<unknown> {
  assertAtMost(words, 2);
  const [peek, refresh] = [flags["peek"] === "true", flags["refresh"] === "true"];
  if (peek && refresh) throw usageError("specify one of --peek or --refresh but not both");
  const [uri, key] = words;
  const name = nameOf(uri, flags["label"] ?? "");
  const content = await context.secrets.read(name, peek ? "peek" : refresh ? "latest" : "tracked");
  if (key === undefined) return content;
  const field = key.replace(/#base64$/, "");
  const value = Object.hasOwn(content, field) ? content[field] : undefined;
  if (value === undefined) throw new ToolError(`secret key value "${key}" not found`);
  return field === key ? value : Buffer.from(value).toString("base64");
}

function revokeSecret(call: ToolCall): void {
  const id = required(call.words[0]);
  const { app, unit } = call.flags;
  const relation = givenRelation(call);
  if (app !== undefined && unit !== undefined) throw usageError("specify only one of application or unit");
  if (app !== undefined && relation !== undefined) throw usageError("do not specify both relation and app");
  if (app === undefined && unit === undefined && relation === undefined) {
    throw usageError("missing relation or application or unit");
  }
  call.context.secrets.revoke(id, { relation, app, unit });
}

function nameOf(uri: string | undefined, label: string): SecretName {
  if (uri === undefined && label === "") throw usageError("require either a secret URI or label");
  return { id: uri === undefined ? undefined : parseSecretId(uri), label: label === "" ? undefined : label };
}

function metadataOf({ context, flags }: ToolCall): SecretChanges {
  const { label, description, expire, rotate } = flags;
  if (rotate !== undefined && !isRotation(rotate)) throw usageError(`rotate policy "${rotate}" not valid`);
  return {
    label: label === "" ? undefined : label,
    description: description === "" ? undefined : description,
    expires: expire === undefined ? undefined : parseExpiry(expire, context.now()),
    rotate,
  };
}

function isRotation(text: string): text is Rotation {
  return ROTATIONS.includes(text);
}

function required(uri: string | undefined): string {
  if (uri === undefined) throw usageError("missing secret URI");
  return parseSecretId(uri);
}

/** Renders a secret's metadata; unset members are omitted. */
function showInfo(secret: ManagedSecret): object {
  const { id, latestRevision: revision, owner, label = "", description, expires, rotate, access } = secret;
  return {
    [id]: {
      revision,
      label,
      owner,
      ...(description !== undefined && { description }),
      ...(rotate !== "never" && { rotation: rotate }),
      ...(expires && { expiry: expires.toISOString() }),
      ...(access.length > 0 && { access }),
    },
  };
}

const SECRET_ID = /^(?:secret:(?:\/\/[0-9a-f-]{36}\/)?|[0-9a-f-]{36}\/)?([0-9a-z]{20})$/;
/** An xid: 12 bytes in base 32 with digits first, so that the last character holds one bit. */
const XID = /^[0-9a-v]{19}[0g]$/;

/** Whether Juju accepts a text as the bare ID of a secret. */
export function isSecretId(text: string): boolean {
  return XID.test(text);
}

/** Extracts the bare ID from any form of a secret URI. @throws ToolError */
export function parseSecretId(uri: string): string {
  const id = SECRET_ID.exec(uri)?.[1];
  if (id === undefined || !isSecretId(id)) throw usageError(`secret URI "${uri}" not valid`);
  return id;
}
