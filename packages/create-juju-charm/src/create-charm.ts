import { cp, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { CreateCharmError } from "./create-error.ts";

/** The template is a charm called sample. */
const TEMPLATE = join(import.meta.dirname, "../template");

/** Names of charms, as Juju accepts them. */
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*$/;

/** npm does not publish files with this name. */
const IGNORE = { packed: "gitignore", name: ".gitignore" };

/**
 * Creates a charm's project.
 *
 * @param directory created if needed; its name is the charm's.
 * @returns the charm's name.
 * @throws {@link CreateCharmError} when the name is not a charm's, or the directory is not empty.
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
  throw new CreateCharmError(`Cannot make a charm in ${directory}: it is not empty; use another directory`);
}

async function filesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Replaces the names in the template: sample, SampleCharm, Sample Title. */
function named(text: string, name: string): string {
  const words = name.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return text
    .replaceAll("Sample Title", words.join(" "))
    .replaceAll("Sample", words.join(""))
    .replaceAll("sample", name);
}
