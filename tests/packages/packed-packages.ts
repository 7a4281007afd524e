import { join } from "node:path";
import { packAllPackages } from "../../scripts/packages/pack-all-packages.ts";
import type { PackedPackage } from "../../scripts/packages/pack-packages.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Packs all packages, unless that is done; tests that run side by side do it once. */
export function packedPackages(signal: AbortSignal): Promise<readonly PackedPackage[]> {
  return packAllPackages(ROOT, signal);
}
