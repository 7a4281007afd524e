import { resolve } from "node:path";

import { AgentRequestError } from "../agent-errors.ts";
import type { Product } from "../product.ts";

const OWN = "path of a .charm file (default: the charm of this program, which follows its version)";

/** The `archive` of a verb. A program with a charm of its own needs none. */
export function archiveArgument({ ownCharm }: Product): readonly ["[archive]" | "<archive>", string] {
  return ownCharm === undefined ? ["<archive>", "path of the .charm file"] : ["[archive]", OWN];
}

/** Absolute path of the archive that was given, or of the program's own one. */
export function archivePath({ ownCharm }: Product, given: string | undefined): string {
  if (given !== undefined) return resolve(given);
  if (ownCharm !== undefined) return ownCharm.archive;
  throw new AgentRequestError("Cannot choose the charm: give the path of a .charm file");
}
