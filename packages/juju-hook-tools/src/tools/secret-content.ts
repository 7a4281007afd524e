import type { Texts } from "../juju-backend.ts";
import { usageError } from "../tool-error.ts";
import { readInputFile, readText } from "./input-file.ts";
import type { ToolCall } from "./backend-tool.ts";

const KEY = /^([a-z](?:-?[a-z0-9]){2,})$/;
const SUFFIX = /^(.*?)(#base64|#file)?$/s;

/** Reads secret content from a command line: `key=value`, `key#base64=value`, `key#file=/path` and `--file`. */
export async function readSecretContent(call: ToolCall, words: readonly string[]): Promise<Texts> {
  return secretContent(await readInputFile(call), words);
}

/** Builds secret content from fields and from words; words win. @throws ToolError */
export async function secretContent(fields: Texts, words: readonly string[]): Promise<Texts> {
  const content: Record<string, string> = {};
  for (const [key, value] of Object.entries(fields)) content[nameOf(key)] = await decode(key, value);
  for (const word of words) {
    const at = word.indexOf("=");
    if (at < 1) throw usageError(`key value "${word}" not valid`);
    const key = word.slice(0, at);
    content[nameOf(key)] = await decode(key, word.slice(at + 1));
  }
  return content;
}

function nameOf(key: string): string {
  const name = SUFFIX.exec(key)?.[1] ?? key;
  if (!KEY.test(name)) throw usageError(`key "${name}" not valid`);
  return name;
}

async function decode(key: string, value: string): Promise<string> {
  const suffix = SUFFIX.exec(key)?.[2];
  if (suffix === "#base64") return Buffer.from(value, "base64").toString("utf8");
  return suffix === "#file" ? readText(value) : value;
}
