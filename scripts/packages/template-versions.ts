import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { readWorkspaces } from "./workspaces.ts";

/** The `package.json` of the project that `create-juju-charm` starts, relative to the root. */
export const TEMPLATE_MANIFEST = "packages/create-juju-charm/template/package.json";

const KINDS = ["dependencies", "devDependencies", "optionalDependencies"] as const;

type Dependencies = Readonly<Record<string, string>>;

/** Renders the manifest with the versions that the packages of this repository have, and that it takes itself. */
export async function renderTemplateManifest(root: string): Promise<string> {
  const manifest = readManifest(join(root, TEMPLATE_MANIFEST));
  const own = readManifest(join(root, "package.json"));
  const siblings = readWorkspaces(root).map(({ manifest: { name, version } }) => [name, `^${version}`]);
  const known: Dependencies = Object.fromEntries([
    ...KINDS.flatMap((kind) => Object.entries(own[kind] ?? {})),
    ...siblings,
  ]) as Dependencies;
  const updated = Object.fromEntries(
    Object.entries(manifest).map(([key, value]) => [key, isKind(key) ? updatedRanges(value, known) : value]),
  );
  return format(JSON.stringify(updated), { parser: "json-stringify" });
}

function updatedRanges(dependencies: unknown, known: Dependencies): Dependencies {
  return Object.fromEntries(
    Object.entries(dependencies as Dependencies).map(([name, range]) => [name, known[name] ?? range]),
  );
}

function isKind(key: string): boolean {
  return KINDS.some((kind) => kind === key);
}

function readManifest(path: string): Readonly<Record<string, Dependencies | undefined>> {
  return JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, Dependencies | undefined>>;
}
