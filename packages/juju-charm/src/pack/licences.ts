import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;
const LICENCE = /^licen[cs]e/i;

/**
 * The licences of all npm packages in a bundle as one text, sorted by package.
 *
 * @param charm base directory of `sources`.
 * @param sources paths of the bundled sources, relative to it.
 */
export async function licencesOf(charm: string, sources: readonly string[]): Promise<string> {
  const directories = new Set(sources.flatMap((source) => PACKAGE.exec(source)?.[0] ?? []));
  const texts = [...directories].sort().map((directory) => licenceOf(join(charm, directory)));
  return (await Promise.all(texts)).join(`\n${"-".repeat(80)}\n\n`);
}

async function licenceOf(directory: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const [file] = (await readdir(directory)).filter((name) => LICENCE.test(name)).sort();
  const text =
    file === undefined
      ? "(the package has no licence file)\n"
      : await readFile(join(directory, file), "utf8");
  return `${manifest.name} ${manifest.version} (${manifest.license ?? "no licence named"})\n\n${text}`;
}
