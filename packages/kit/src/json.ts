import { readFile } from "node:fs/promises";
import { messageOf, systemErrorCode } from "./errors.ts";

/** Whether a value is an object with members: no array, and not null. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads a record that a program keeps for itself in a file of JSON. A damaged record never throws: the program goes on
 * without it.
 *
 * @param parse checks the content; undefined when it is no such record.
 * @param onDamage told why a file that exists cannot be used; never any of its content, which may be secret.
 * @returns undefined when there is no file or it cannot be used.
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

/** Undefined stands for what is not JSON: the error of `JSON.parse` quotes the text. */
function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
