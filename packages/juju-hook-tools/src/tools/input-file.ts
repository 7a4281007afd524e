import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parse } from "yaml";

import { messageOf } from "charm-kit";
import type { Texts } from "../juju-backend.ts";
import { ToolError } from "../tool-error.ts";
import type { ToolCall } from "./backend-tool.ts";

/** Reads the map of strings in the `--file` file; `-` is standard input. @throws ToolError when it is not such a map. */
export async function readInputFile({ flags, directory, stdin }: ToolCall): Promise<Texts> {
  const { file } = flags;
  if (file === undefined || file === "") return {};
  const text =
    file === "-" ? (stdin ?? Buffer.alloc(0)).toString("utf8") : await readText(resolve(directory, file));
  const document = parseText(text);
  if (document === null) return {};
  const entries = typeof document === "object" ? Object.entries(document) : [];
  if (typeof document === "object" && entries.every(([, value]) => typeof value === "string")) {
    return Object.fromEntries(entries);
  }
  throw new ToolError("cannot unmarshal the file: expected a map of strings");
}

/** Reads a text file. @throws ToolError when the file cannot be read. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new ToolError(messageOf(cause));
  }
}

/** Every JSON document is also YAML, but the JSON parser is faster. */
function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parseYAML(text);
  }
}

function parseYAML(text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new ToolError(`cannot unmarshal the file: ${messageOf(cause)}`);
  }
}
