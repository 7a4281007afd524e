import type { JsonObject, JsonValue } from "juju-hook-tools";
import { isRecord } from "charm-kit";
import type { SecretAccess, SecretInfo, SecretRotation } from "../secret-tools.ts";
import { unexpectedAnswer } from "./tool-caller.ts";

const ROTATIONS: readonly SecretRotation[] = [
  "never",
  "hourly",
  "daily",
  "weekly",
  "monthly",
  "quarterly",
  "yearly",
];

/**
 * Parses the output of `secret-info-get`: one secret, under its ID.
 *
 * @throws {@link HookToolError} when it is invalid.
 */
export function readSecretInfo(answer: JsonObject): SecretInfo {
  const [[id, info] = []] = Object.entries(answer);
  if (id === undefined || !isRecord(info)) throw unexpected();
  const { revision, owner } = info;
  if (typeof revision !== "number" || (owner !== "application" && owner !== "unit")) throw unexpected();
  return {
    id,
    revision,
    owner,
    label: readText(info["label"]),
    description: readText(info["description"]),
    rotation: ROTATIONS.find((rotation) => rotation === info["rotation"]),
    expires: readTime(info["expiry"]),
    rotates: readTime(info["rotates"]),
    access: readAccess(info["access"]),
  };
}

/** Juju omits unset values or prints them as empty strings. */
function readText(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function readTime(value: JsonValue | undefined): Date | undefined {
  const text = readText(value);
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw unexpected();
  return time;
}

function readAccess(value: JsonValue | undefined): readonly SecretAccess[] {
  if (!Array.isArray(value)) return [];
  const list = value as readonly JsonValue[];
  return list
    .filter((access) => isRecord(access))
    .map((access) => ({
      target: readText(access["target"]) ?? "",
      scope: readText(access["scope"]) ?? "",
      role: readText(access["role"]) ?? "",
    }));
}

function unexpected(): Error {
  return unexpectedAnswer("secret-info-get", "the metadata of a secret");
}
