import { readFile } from "node:fs/promises";
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
export async function readJSONFile<T>(
  path: string,
  parse: (stored: unknown) => T | undefined,
  onDamage: (reason: string) => void,
): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
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
