import { Secret } from "charm-kit";
import {
  bareSecretID,
  type SecretMetadata,
  type SecretReference,
  type SecretRevision,
  type SecretTools,
} from "../secret-tools.ts";
import { readSecretInfo } from "./read-secret-info.ts";
import { withSecretFiles } from "./secret-file.ts";
import { unexpectedAnswer, type ToolCaller } from "./tool-caller.ts";

/** The `secret-*` tools. They read contents from private files, never from the command line. */
export function secretCommands(caller: ToolCaller): SecretTools {
  /** What this dispatch has changed, by the ID of the secret. */
  const updates = new Map<string, SecretChanges>();
  const forgetContents = () => {
    caller.forget("secret-get");
    caller.forget("secret-info-get");
  };
  return {
    async secretGet(secret, revision) {
      const reference = typeof secret === "string" ? { id: secret } : secret;
      const question = [...REVISION_FLAGS[revision], ...referenceArgs(reference)];
      const fields = await caller.readStrings("secret-get", question);
      // The tracked revision has changed.
      if (revision === "latest") caller.forget("secret-get", ...referenceArgs(reference));
      return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, new Secret(value)]));
    },

    async secretInfo(secret) {
      return readSecretInfo(await caller.readObject("secret-info-get", infoArgs(secret)));
    },

    secretIDs: async () => caller.readList("secret-ids"),

    async secretAdd(content, owner, metadata) {
      const flags = [...metadataFlags(metadata), "--owner", owner];
      const run = async (args: readonly string[]) => caller.run("secret-add", [...flags, "--", ...args]);
      const uri = (await withSecretFiles(content, run)).trim();
      if (uri === "") throw unexpectedAnswer("secret-add", "a URI");
      caller.forget("secret-ids");
      return uri;
    },

    async secretSet(id, changes) {
      // Before 3.6, Juju keeps only the last secret-set of a hook for each secret (LP#2081034).
      const key = bareSecretID(id);
      const all = { ...updates.get(key), ...withoutUndefined(changes) };
      const { content = {}, ...metadata } = all;
      const flags = [...metadataFlags(metadata), "--", id];
      await withSecretFiles(content, async (args) => caller.run("secret-set", [...flags, ...args]));
      updates.set(key, all);
      forgetContents();
    },

    async secretGrant(id, { relation, unit }) {
      await caller.run("secret-grant", ["-r", String(relation), ...unitFlag(unit), "--", id]);
      caller.forget("secret-info-get");
    },

    async secretRevoke(id, from) {
      const flags =
        "relation" in from
          ? ["-r", String(from.relation), ...unitFlag(from.unit)]
          : "app" in from
            ? ["--app", from.app]
            : unitFlag(from.unit);
      await caller.run("secret-revoke", [...flags, "--", id]);
      caller.forget("secret-info-get");
    },

    async secretRemove(id, revision) {
      const flags = revision === undefined ? [] : ["--revision", String(revision)];
      await caller.run("secret-remove", [...flags, "--", id]);
      if (revision === undefined) updates.delete(bareSecretID(id));
      forgetContents();
      caller.forget("secret-ids");
    },
  };
}

type SecretChanges = Parameters<SecretTools["secretSet"]>[1];

function withoutUndefined(changes: SecretChanges): SecretChanges {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

const REVISION_FLAGS: Readonly<Record<SecretRevision, readonly string[]>> = {
  tracked: [],
  latest: ["--refresh"],
  peek: ["--peek"],
};

function referenceArgs(secret: SecretReference): readonly string[] {
  const label = secret.label === undefined ? [] : ["--label", secret.label];
  return "id" in secret ? [...label, "--", secret.id] : label;
}

/** `secret-info-get` accepts either a URI or a label. */
function infoArgs(secret: SecretReference): readonly string[] {
  return "id" in secret ? ["--", secret.id] : ["--label", secret.label];
}

function unitFlag(unit: string | undefined): readonly string[] {
  return unit === undefined ? [] : ["--unit", unit];
}

function metadataFlags({ label, description, expire, rotate }: SecretMetadata): readonly string[] {
  const time = expire instanceof Date ? expire.toISOString() : expire && `${expire.seconds}s`;
  const flags = { label, description, expire: time, rotate };
  return Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
}
