import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { messageOf } from "charm-kit";
import { readStringMap } from "../go-yaml.ts";
import type { Texts } from "../juju-backend.ts";
import { ToolError } from "../tool-error.ts";
import type { ToolCall } from "./backend-tool.ts";

/** Reads the map of strings in the `--file` file; `-` is standard input. @throws ToolError when it is not such a map. */
export async function readInputFile({ flags, directory, stdin }: ToolCall): Promise<Texts> {
  const { file } = flags;
  if (file === undefined || file === "") return {};
  return readStringMap(file === "-" ? (stdin ?? Buffer.alloc(0)) : await readBytes(resolve(directory, file)));
}

/** Reads a text file. @throws ToolError when the file cannot be read. */
export async function readText(path: string): Promise<string> {
  return (await readBytes(path)).toString("utf8");
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new ToolError(messageOf(cause));
  }
}
