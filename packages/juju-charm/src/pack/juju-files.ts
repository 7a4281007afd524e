import { isMap, parseDocument, stringify } from "yaml";
import { isRecord } from "charm-kit";
import { UNIFIED_KEYS } from "../metadata/charm-keys.ts";
import type { BaseMetadata, CharmMetadata } from "../metadata/index.ts";
import type { JsonObject, JsonValue } from "../tools/hook-tools.ts";
import type { Architecture } from "./architecture.ts";

/** What links are called in `metadata.yaml`, where it is another name. */
const LINKS: Readonly<Record<string, string>> = { documentation: "docs", contact: "maintainers" };

/** `metadata.yaml` as Juju reads it, which is what charmcraft makes of its unified file. The manifest has the bases. */
export function renderJujuMetadata({ name, title, summary, description, source }: CharmMetadata): string {
  const others = Object.entries(source).filter(([key]) => !UNIFIED_KEYS.includes(key));
  const links = Object.entries(mapIn(source["links"])).map(
    ([key, value]) => [LINKS[key] ?? key, key === "contact" ? [value].flat() : value] as const,
  );
  return stringify({
    name,
    "display-name": title,
    summary,
    description,
    ...Object.fromEntries(others),
    ...Object.fromEntries(links),
  });
}

/** `config.yaml` of a charm that has its options in the unified file. */
export function renderJujuConfig({ source }: CharmMetadata): string {
  return stringify(source["config"]);
}

/**
 * `actions.yaml` as Juju reads it: without the schemas of results, which only the framework knows.
 *
 * @param text of the charm's `actions.yaml`; undefined when its actions are in the unified file.
 */
export function renderJujuActions({ source }: CharmMetadata, text: string | undefined): string {
  const document = parseDocument(text ?? stringify(source["actions"]));
  const { contents } = document;
  if (isMap(contents)) for (const { value } of contents.items) if (isMap(value)) value.delete("results");
  return document.toString({ lineWidth: 0 });
}

function mapIn(value: JsonValue | undefined): JsonObject {
  return isRecord(value) ? value : {};
}

/** `manifest.yaml`: the bases that the archive runs on, with the one architecture of its runtime. */
export function renderManifest({ bases }: CharmMetadata, architecture: Architecture): string {
  return stringify({
    bases: bases
      .filter((base) => runsOn(base, architecture))
      .map(({ name, channel }) => ({ name, channel, architectures: [architecture] })),
  });
}

/** Tells whether a base names an architecture, or none at all, which stands for every one. */
export function runsOn({ architectures }: BaseMetadata, architecture: Architecture): boolean {
  return architectures.length === 0 || architectures.includes(architecture);
}

/**
 * What Juju runs for each event. It needs nothing of its environment: neither HOME nor PATH has to be set, and no Node.js
 * has to be installed. V8's compiled code is kept beside the sources for the next event; where it cannot be kept, it is
 * compiled again. The last word is the program's path from the charm's directory: charmcraft's linter looks for it there.
 */
export const DISPATCH = `#!/bin/sh
cd "\${0%/*}" || exit
NODE_COMPILE_CACHE=$PWD/.cache exec runtime/bin/node lib/main.mjs
`;
