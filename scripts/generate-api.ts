import { join, relative } from "node:path";
import { faultsOf } from "./api/faults.ts";
import { readApi } from "./api/read-api.ts";
import { referencePages } from "./api/reference-pages.ts";
import { indexOf, renderIndex, renderPage } from "./api/render-api.ts";
import { renderReport } from "./api/render-report.ts";
import { writeGenerated } from "./metadata/write-generated.ts";
import { entriesOf, readWorkspaces } from "./packages/workspaces.ts";

/**
 * `node scripts/generate-api.ts [--check]`: writes the public API of each package into its `api.md`, and the reference
 * of the framework, from the sources; with `--check`, changes nothing and fails when a file is stale. Fails when an
 * export has no docstring, or names a type that users cannot import.
 */
const root = join(import.meta.dirname, "..");
const REFERENCE = "docs/framework/reference";

const entries = readWorkspaces(root).flatMap((workspace) =>
  Object.entries(entriesOf(workspace)).map(([module, file]) => ({
    module,
    folder: workspace.folder,
    index: join(relative(root, workspace.directory), file),
  })),
);
const api = readApi(
  root,
  entries.map(({ index }) => index),
);
const modules = entries.map((entry, position) => ({ ...entry, exports: api[position] ?? [] }));

const faults = faultsOf(api.flat());
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;

const pages = modules.flatMap(({ module, exports }) => referencePages(module, exports));
const index = indexOf(pages);
const reports = Map.groupBy(modules, ({ folder }) => folder);
await writeGenerated(
  root,
  Object.fromEntries([
    [`${REFERENCE}/README.md`, renderIndex(pages)],
    ...pages.map((page) => [`${REFERENCE}/${page.name}.md`, renderPage(page, index)] as const),
    ...[...reports].map(([folder, own]) => [`packages/${folder}/api.md`, renderReport(own)] as const),
  ]),
  process.argv.includes("--check"),
);
