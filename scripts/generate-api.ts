import { dirname, join } from "node:path";
import { existsSync } from "node:fs";
import type { ApiExport } from "./api/api.ts";
import { readApi } from "./api/read-api.ts";
import { indexOf, renderIndex, renderPage, type ApiPage } from "./api/render-api.ts";
import { writeGenerated } from "./metadata/write-generated.ts";

/**
 * `node scripts/generate-api.ts [--check]`: writes the reference of the framework from its docstrings; with `--check`,
 * changes nothing and fails when a page is stale. Fails when an export has no docstring.
 */
const root = join(import.meta.dirname, "..");

/** Index modules, and what a charm imports them as. */
const MODULES = {
  "packages/juju-charm/src/index.ts": "juju-charm",
  "packages/juju-charm/src/testing/index.ts": "juju-charm/testing",
  "packages/juju-charm/src/metadata/index.ts": "juju-charm/metadata",
} as const;

/** Pages, by the folder of the files that declare what they list; the others are on the page of the charm. */
const TITLES: Readonly<Record<string, string>> = {
  charm: "The charm and its types",
  dispatch: "Dispatching events",
  events: "Events",
  model: "The model",
  state: "Stored state",
  tools: "Hook tools",
  log: "Logs",
  testing: "Testing",
  metadata: "Metadata",
};

const indexes = Object.keys(MODULES).filter((index) => existsSync(join(root, index)));
const api = readApi(root, indexes);
const bare = api.flat().filter(({ doc }) => doc.text === "");
for (const { name, file } of bare) console.error(`${file}: the export ${name} has no docstring; write one`);
if (bare.length > 0) process.exitCode = 1;

const pages = api.flatMap((exports, position) => pagesOf(indexes[position] ?? "", exports));
const index = indexOf(pages);
const directory = "docs/framework/reference";
await writeGenerated(
  root,
  Object.fromEntries([
    [`${directory}/README.md`, renderIndex(pages)],
    ...pages.map((page) => [`${directory}/${page.name}.md`, renderPage(page, index)] as const),
  ]),
  process.argv.includes("--check"),
);

function pagesOf(indexModule: string, exports: readonly ApiExport[]): ApiPage[] {
  const module = MODULES[indexModule as keyof typeof MODULES];
  const folder = dirname(indexModule);
  const own = folder.split("/")[3];
  const byPage = Map.groupBy(exports, ({ file }) => own ?? pageOf(file));
  return Object.entries(TITLES).flatMap(([name, title]) => {
    const listed = byPage.get(name);
    return listed ? [{ name, title, module, exports: listed }] : [];
  });
}

function pageOf(file: string): string {
  const [, owner, , room, ...rest] = file.split("/");
  if (owner !== "juju-charm" || room === undefined || rest.length === 0) return "charm";
  return room in TITLES ? room : "charm";
}
