import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "charm-kit";
import { MetadataError } from "./metadata-error.ts";

/** The text of a charm's file; undefined when it does not exist. @throws {@link MetadataError} when it cannot be read. */
export async function loadText(directory: string, file: string): Promise<string | undefined> {
  try {
    return await readFile(join(directory, file), "utf8");
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw new MetadataError([{ file, line: 1, text: `it cannot be read: ${messageOf(thrown)}` }], {
      cause: thrown,
    });
  }
}
