import type { ApiExport } from "./api.ts";
import type { ApiPage } from "./render-api.ts";

/** Modules that the reference of the framework covers. */
const MODULES = ["juju-charm", "juju-charm/testing", "juju-charm/metadata"];

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

/** The pages that a module's exports are on; none for a module that the reference does not cover. */
export function referencePages(module: string, exports: readonly ApiExport[]): readonly ApiPage[] {
  if (!MODULES.includes(module)) return [];
  const own = module.split("/")[1];
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
