import { cp, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { CreateCharmError } from "./create-error.ts";

/** The charm of the template, by the names that its files call it. */
const TEMPLATE = join(import.meta.dirname, "../template");

/** Names of charms as Juju takes them. */
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*$/;

/** npm leaves files of this name out of packages. */
const IGNORE = { packed: "gitignore", name: ".gitignore" };

/**
 * Starts the project of a charm.
 *
 * @param directory is made where it is not there; its name is the charm's.
 * @returns the charm's name.
 * @throws {@link CreateCharmError} when the name is none of a charm, or the directory has something in it.
 */
export async function createCharm(directory: string): Promise<string> {
  const name = basename(directory);
  if (!NAME.test(name)) {
    throw new CreateCharmError(
      `Cannot call a charm "${name}": use lower-case letters, digits and hyphens, with a letter in each part`,
    );
  }
  await makeEmpty(directory);
  await cp(TEMPLATE, directory, { recursive: true });
  await rename(join(directory, IGNORE.packed), join(directory, IGNORE.name));
  for (const path of await filesIn(directory)) {
    const text = await readFile(path, "utf8");
    await writeFile(path, named(text, name));
  }
  return name;
}

async function makeEmpty(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    if ((await readdir(directory)).length === 0) return;
  } catch (cause) {
    throw new CreateCharmError(`Cannot make ${directory}: ${cause instanceof Error ? cause.message : ""}`, {
      cause,
    });
  }
  throw new CreateCharmError(
    `Cannot make a charm in ${directory}: it has something in it; use another directory`,
  );
}

async function filesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** The template's charm is called sample, its class SampleCharm and its title Sample Title. */
function named(text: string, name: string): string {
  const words = name.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return text
    .replaceAll("Sample Title", words.join(" "))
    .replaceAll("Sample", words.join(""))
    .replaceAll("sample", name);
}
