import { stringify } from "yaml";
import type { CharmYaml } from "../metadata/charm-metadata.ts";
import type { Architecture } from "./architecture.ts";

/** `metadata.yaml` as Juju reads it: without the bases, which the manifest has. */
export function renderJujuMetadata({ bases: _bases, title, ...metadata }: CharmYaml): string {
  const { name, summary, description, ...others } = metadata;
  return stringify({ name, "display-name": title, summary, description, ...others });
}

/** `manifest.yaml`: the bases that the archive runs on, with the one architecture of its runtime. */
export function renderManifest({ bases }: CharmYaml, architecture: Architecture): string {
  return stringify({
    bases: bases
      .filter(({ architectures }) => architectures.includes(architecture))
      .map(({ name, channel }) => ({ name, channel, architectures: [architecture] })),
  });
}

/**
 * What Juju runs for each event. It counts on nothing of the environment: neither HOME nor PATH has to be set, and no
 * Node.js has to be installed. What V8 has compiled is kept beside the code for the next event; where it cannot be kept,
 * it is compiled again.
 */
export const DISPATCH = `#!/bin/sh
here=\${0%/*}
NODE_COMPILE_CACHE=$here/.cache exec "$here/runtime/bin/node" "$here/lib/main.mjs"
`;
