import { createHash } from "node:crypto";
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** What is the charm's own of an archive. */
const CHARM_INPUTS = [
  "**/*.ts",
  "{charm,config,actions}.yaml",
  "{package-lock,package}.json",
  "{LICENSE,README.md,icon.svg}",
];
const NOT_OF_CHARMS = ["**/node_modules", "**/dist", "tests", "docs", ".cache"];

/** What all charms have in common: the framework, and how an archive is made. */
const COMMON_INPUTS = ["packages/{kit,juju-charm}/src/**/*.ts", "package-lock.json"];

/** What {@link inputsDigest} tells archives apart by. */
export interface DigestedInputs {
  /** Root of the framework's repository. */
  readonly root: string;
  /** Directory of the charm. */
  readonly charm: string;
  /** Path of the runtime's program. */
  readonly runtime: string;
  /** Whatever else the archive depends on. */
  readonly settings: string;
}

/** Digest of what an archive is made of; the runtime goes by its size and time, since it is large. */
export function inputsDigest({ root, charm, runtime, settings }: DigestedInputs): string {
  const hash = createHash("sha256").update(settings);
  const paths = [
    ...globSync(COMMON_INPUTS, { cwd: root }).map((name) => join(root, name)),
    ...globSync(CHARM_INPUTS, { cwd: charm, exclude: NOT_OF_CHARMS }).map((name) => join(charm, name)),
  ];
  for (const path of [...new Set(paths)].sort()) hash.update(`\0${path}\0`).update(readFileSync(path));
  const { size, mtimeMs } = statSync(runtime);
  return hash.update(`\0${runtime} ${size} ${mtimeMs}`).digest("hex");
}
