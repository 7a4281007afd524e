import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { format, resolveConfig } from "prettier";

const CONFIGURATION = join(import.meta.dirname, "../../.prettierrc.json");

/**
 * Writes generated files, formatted, where they differ from what is there.
 *
 * @param files their contents by path below the directory.
 * @param check changes nothing, and makes the process fail, when a file differs.
 */
export async function writeGenerated(
  directory: string,
  files: Readonly<Record<string, string>>,
  check: boolean,
): Promise<void> {
  const style = await resolveConfig(join(CONFIGURATION, "../any.ts"), { config: CONFIGURATION });
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    const formatted = await format(content, { ...style, filepath: path });
    const current = await readFile(path, "utf8").catch(() => undefined);
    if (current === formatted) continue;
    if (check) {
      console.error(`${name} is stale: run the same command without --check and commit the result`);
      process.exitCode = 1;
      continue;
    }
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, formatted);
    console.log(`Wrote ${name}`);
  }
}
