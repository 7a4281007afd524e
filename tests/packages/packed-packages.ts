import { createHash } from "node:crypto";
import { join } from "node:path";
import { ProcessLock } from "charm-kit";
import { buildPackages } from "../../scripts/packages/build-packages.ts";
import { packPackages, type PackedPackage } from "../../scripts/packages/pack-packages.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Packs all packages, unless that is done; tests that run side by side do it once. */
export function packedPackages(signal: AbortSignal): Promise<readonly PackedPackage[]> {
  const name = createHash("sha256").update(ROOT).digest("hex").slice(0, 16);
  return new ProcessLock(`packed-packages-${name}`).run(
    async () => packPackages(ROOT, await buildPackages(ROOT)),
    signal,
  );
}
