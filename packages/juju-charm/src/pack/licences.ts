import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

/** The licences of all npm packages among a bundle's sources, as one text, in the order of their names. */
export function licencesOf(root: string, sources: readonly string[]): string {
  const directories = new Set(sources.flatMap((source) => PACKAGE.exec(source)?.[0] ?? []));
  return [...directories]
    .sort()
    .map((directory) => licenceOf(join(root, directory)))
    .join(`\n${"-".repeat(80)}\n\n`);
}

function licenceOf(directory: string): string {
  const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const [file] = globSync("{LICENSE,LICENCE,license,licence}*", { cwd: directory }).sort();
  const text =
    file === undefined ? "(the package has no licence file)\n" : readFileSync(join(directory, file), "utf8");
  return `${manifest.name} ${manifest.version} (${manifest.license ?? "no licence named"})\n\n${text}`;
}
