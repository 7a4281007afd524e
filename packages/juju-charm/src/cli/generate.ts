import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { generateTypes, loadCharmSettings, loadMetadataFiles } from "../metadata/index.ts";
import type { Session } from "./verb.ts";

/**
 * Makes the module of a charm's types where it differs from what is there.
 *
 * @returns the exit code: 1 when the module is stale and was to be left as it is.
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
    printError(`${types} is stale: run "juju-charm generate" and commit the result\n`);
    return 1;
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  print(`Wrote ${types}\n`);
  return 0;
}
