import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SecretContent } from "../secret-tools.ts";

/**
 * Writes the values of a secret into private files, and removes them after `work`. On a command line, other processes
 * could read the values.
 *
 * @param work receives `key#file=/path` for each field, the format of `secret-add` and `secret-set`.
 */
export async function withSecretFiles<T>(
  content: SecretContent,
  work: (args: readonly string[]) => Promise<T>,
): Promise<T> {
  const { tmpdir } = await import("node:os");
  // Created with mode 0700.
  const directory = await mkdtemp(join(tmpdir(), "secret-"));
  try {
    const args = Object.entries(content).map(async ([key, value], index) => {
      const file = join(directory, String(index));
      await writeFile(file, value.reveal(), { mode: 0o600, flag: "wx" });
      return `${key}#file=${file}`;
    });
    return await work(await Promise.all(args));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
