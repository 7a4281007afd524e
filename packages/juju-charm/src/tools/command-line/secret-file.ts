import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SecretContent } from "../secret-tools.ts";

/**
 * Writes the values of a secret into files that only this user reads, and removes them when `work` is done.
 *
 * @param work gets `key#file=/path` for each field, as `secret-add` and `secret-set` take it: no value is on a command
 *   line, where every process of the machine sees it.
 */
export async function withSecretFiles<T>(
  content: SecretContent,
  work: (args: readonly string[]) => Promise<T>,
): Promise<T> {
  const { tmpdir } = await import("node:os");
  // Made with mode 0700.
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
