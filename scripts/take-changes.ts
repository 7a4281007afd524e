/** After `changeset version`: moves the charm's changes to where all versions have theirs, and its version to `package.json`. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runScript } from "./packages/run-script.ts";
import { takeChanges } from "./release/take-changes.ts";

const ROOT = join(import.meta.dirname, "..");
const at = (path: string) => join(ROOT, path);
const read = (path: string) => readFileSync(at(path), "utf8");
const ADDED = "release/CHANGELOG.md";
const FILES = { changelog: "CHANGELOG.md", upgradeNotes: "docs/reference/upgrade-notes.md" };

await runScript(async () => {
  if (!existsSync(at(ADDED))) return;
  const texts = { changelog: read(FILES.changelog), upgradeNotes: read(FILES.upgradeNotes) };
  const taken = takeChanges(texts, read(ADDED));
  writeFileSync(at(FILES.changelog), taken.changelog);
  writeFileSync(at(FILES.upgradeNotes), taken.upgradeNotes);
  rmSync(at(ADDED));
  const { version } = JSON.parse(read("release/package.json")) as { readonly version: string };
  const manifest = read("package.json").replace(/^( {2}"version": ").*?(",)$/m, `$1${version}$2`);
  writeFileSync(at("package.json"), manifest);
  await Promise.resolve();
});
