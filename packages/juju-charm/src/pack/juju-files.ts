import { isMap, parseDocument, stringify } from "yaml";
import { isRecord } from "charm-kit";
import { UNIFIED_KEYS } from "../metadata/charm-keys.ts";
import type { BaseMetadata, CharmMetadata } from "../metadata/index.ts";
import type { JsonObject, JsonValue } from "../tools/hook-tools.ts";
import type { Architecture } from "./architecture.ts";

/** Names of links in `metadata.yaml` that differ from the unified file. */
const LINKS: Readonly<Record<string, string>> = { documentation: "docs", contact: "maintainers" };

/** Quotes words such as `n` and `on`, which are booleans in YAML 1.1: Juju and other tools read that. */
function stringifyForJuju(value: unknown): string {
  return stringify(value, { compat: "yaml-1.1" });
}

/** `metadata.yaml` for Juju, as charmcraft creates it from its unified file. Bases are in the manifest. */
export function renderJujuMetadata({ name, title, summary, description, source }: CharmMetadata): string {
  const others = Object.entries(source).filter(([key]) => !UNIFIED_KEYS.includes(key));
  const links = Object.entries(mapIn(source["links"])).map(
    ([key, value]) => [LINKS[key] ?? key, key === "contact" ? [value].flat() : value] as const,
  );
  return stringifyForJuju({
    name,
    "display-name": title,
    summary,
    description,
    ...Object.fromEntries(others),
    ...Object.fromEntries(links),
  });
}

/** `config.yaml` for a charm with options in the unified file. */
export function renderJujuConfig({ source }: CharmMetadata): string {
  return stringifyForJuju(source["config"]);
}

/**
 * `actions.yaml` for Juju, without result schemas, which only the framework supports.
 *
 * @param text text of the charm's `actions.yaml`; undefined when its actions are in the unified file.
 */
export function renderJujuActions({ source }: CharmMetadata, text: string | undefined): string {
  const document = parseDocument(text ?? stringifyForJuju(source["actions"]));
  const { contents } = document;
  if (isMap(contents)) for (const { value } of contents.items) if (isMap(value)) value.delete("results");
  return document.toString({ lineWidth: 0 });
}

function mapIn(value: JsonValue | undefined): JsonObject {
  return isRecord(value) ? value : {};
}

/** `manifest.yaml`: the bases of the archive, with the architecture of its runtime. */
export function renderManifest({ bases }: CharmMetadata, architecture: Architecture): string {
  return stringifyForJuju({
    bases: bases
      .filter((base) => runsOn(base, architecture))
      .map(({ name, channel }) => ({ name, channel, architectures: [architecture] })),
  });
}

/** Whether a base supports an architecture. A base without architectures supports all. */
export function runsOn({ architectures }: BaseMetadata, architecture: Architecture): boolean {
  return architectures.length === 0 || architectures.includes(architecture);
}

/**
 * The program that Juju runs for each event. It needs neither HOME nor PATH nor an installed Node.js. V8's compiled code is
 * cached in the charm directory for later events; without the cache, it is compiled again. The last word is the program's
 * path relative to the charm directory, because charmcraft's linter expects it there.
 */
export const DISPATCH = `#!/bin/sh
cd "\${0%/*}" || exit
NODE_COMPILE_CACHE=$PWD/.cache exec runtime/bin/node lib/main.mjs
`;
