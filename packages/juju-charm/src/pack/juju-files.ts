import { isMap, parseDocument, stringify } from "yaml";
import type { BaseMetadata, CharmMetadata } from "../metadata/index.ts";
import type { Architecture } from "./architecture.ts";

/** `metadata.yaml` as Juju reads it: without the bases, which the manifest has. */
export function renderJujuMetadata({ name, title, summary, description, source }: CharmMetadata): string {
  const others = Object.entries(source).filter(([key]) => key !== "bases" && key !== "title");
  return stringify({ name, "display-name": title, summary, description, ...Object.fromEntries(others) });
}

/** `actions.yaml` as Juju reads it: without the schemas of results, which only the framework knows. */
export function renderJujuActions(text: string): string {
  const document = parseDocument(text);
  const { contents } = document;
  if (isMap(contents)) for (const { value } of contents.items) if (isMap(value)) value.delete("results");
  return document.toString({ lineWidth: 0 });
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
