import { createHash } from "node:crypto";
import { ProcessLock } from "charm-kit";
import { buildPackages } from "./build-packages.ts";
import { packPackages, type PackedPackage } from "./pack-packages.ts";

/** Builds and packs all packages, unless that is done; processes side by side do it one after the other. */
export function packAllPackages(root: string, signal: AbortSignal): Promise<readonly PackedPackage[]> {
  const name = createHash("sha256").update(root).digest("hex").slice(0, 16);
  return new ProcessLock(`packed-packages-${name}`).run(
    async () => packPackages(root, await buildPackages(root)),
    signal,
  );
}
