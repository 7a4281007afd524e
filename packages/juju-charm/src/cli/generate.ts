import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { generateTypes, loadCharmSettings, loadMetadataFiles } from "../metadata/index.ts";
import type { Session } from "./session.ts";

/**
 * Generates the module with a charm's types. Writes it only when it has changed.
 *
 * @returns the exit code: 1 when `check` is set and the module is out of date.
 */
export async function generate(
  { charm, print, printError }: Session,
  { check }: { readonly check: boolean },
): Promise<number> {
  const { types } = await loadCharmSettings(charm);
  const path = join(charm, types);
  const text = generateTypes(await loadMetadataFiles(charm));
  if ((await readFile(path, "utf8").catch(() => undefined)) === text) return 0;
  if (check) {
    printError(`${types} is out of date: run "juju-charm generate" and commit the result\n`);
    return 1;
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  print(`Wrote ${types}\n`);
  return 0;
}
