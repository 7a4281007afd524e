import { readFileSync } from "node:fs";
import { messageOf, systemErrorCode } from "./errors.ts";

/** Whether a value is an object, neither an array nor null. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads a JSON file in which a program keeps a record of its own. A damaged file is no error: the program continues
 * without the record.
 *
 * @param parse validates the content; returns undefined for an invalid record.
 * @param onDamage receives the reason when an existing file cannot be used. It never contains the file's content.
 * @returns undefined for a missing or damaged file.
 */
export function readJSONFile<T>(
  path: string,
  parse: (stored: unknown) => T | undefined,
  onDamage: (reason: string) => void,
): Promise<T | undefined> {
  return Promise.resolve().then(() => readRecord(path, parse, onDamage));
}

/** In one turn: such a file is small, and asynchronously it takes four turns of other threads, on a busy machine four waits. */
function readRecord<T>(
  path: string,
  parse: (stored: unknown) => T | undefined,
  onDamage: (reason: string) => void,
): T | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "ENOENT") onDamage(`it cannot be read, ${messageOf(thrown)}`);
    return undefined;
  }
  const stored = parseJSON(text);
  const record = stored === undefined ? undefined : parse(stored);
  if (record === undefined) onDamage(text === "" ? "it is empty" : "its content is damaged");
  return record;
}

/** Undefined for invalid JSON, because the error of `JSON.parse` quotes the text. */
function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The first part of a value that JSON cannot hold or would change silently: NaN, a Map, a Date, undefined in a list, a
 * loop. Members that are undefined count as absent.
 *
 * @returns its path and what it is, such as `hosts[1] is a Map`; undefined for JSON.
 */
export function firstNotJSON(value: unknown): string | undefined {
  return notJSON(value, { path: "", ancestors: [] });
}

interface Position {
  readonly path: string;
  readonly ancestors: readonly object[];
}

function notJSON(value: unknown, at: Position): string | undefined {
  const problem = (what: string) => `${at.path === "" ? "it" : at.path} is ${what}`;
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : problem(String(value));
  if (typeof value !== "object") return problem(value === undefined ? "undefined" : `a ${typeof value}`);
  if (at.ancestors.includes(value)) return problem("a part of itself");
  const ancestors = [...at.ancestors, value];
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    for (let index = 0; index < items.length; index += 1) {
      const found = notJSON(items[index], { path: `${at.path}[${index}]`, ancestors });
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return problem(`a ${value.constructor.name}`);
  for (const [key, member] of Object.entries(value) as (readonly [string, unknown])[]) {
    const path = at.path === "" ? key : `${at.path}.${key}`;
    const found = member === undefined ? undefined : notJSON(member, { path, ancestors });
    if (found !== undefined) return found;
  }
  return undefined;
}
