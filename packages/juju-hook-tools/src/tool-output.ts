import { stringify } from "yaml";
import { isRecord } from "charm-kit";

import { usageError } from "./tool-error.ts";

/** Renders a value, with a final newline. */
export type Formatter = (value: unknown) => string;

const FORMATTERS: Readonly<Record<string, Formatter>> = { smart, yaml, json };

/** The formatter for a value of `--format`. @throws ToolError for an unknown format */
export function formatterOf(format: string): Formatter {
  const formatter = Object.hasOwn(FORMATTERS, format) ? FORMATTERS[format] : undefined;
  if (formatter) return formatter;
  throw usageError(`invalid value "${format}" for option --format: unknown format "${format}"`);
}

function smart(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "True\n" : "False\n";
  if (typeof value === "string") return value === "" ? "" : `${value}\n`;
  if (isTextList(value)) return value.length === 0 ? "" : `${value.join("\n")}\n`;
  return yaml(value);
}

/** Renders like go-yaml, which quotes the booleans of YAML 1.1. */
function yaml(value: unknown): string {
  return stringify(value ?? null, { sortMapEntries: true, lineWidth: 0, compat: "yaml-1.1" });
}

/** Renders like Go's encoder: keys sorted, HTML characters escaped. */
function json(value: unknown): string {
  const text = JSON.stringify(value ?? null, (_key, member: unknown) =>
    isRecord(member)
      ? Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)))
      : member,
  );
  const escaped = text.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${escaped}\n`;
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((member) => typeof member === "string");
}
