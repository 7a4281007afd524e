import { directoryLock } from "../directory-lock.ts";
import { buildPackages } from "./build-packages.ts";
import { packPackages, type PackedPackage } from "./pack-packages.ts";

/** Builds and packs all packages, unless that is done; processes side by side do it one after the other. */
export function packAllPackages(root: string, signal: AbortSignal): Promise<readonly PackedPackage[]> {
  const packing = async () => packPackages(root, await buildPackages(root));
  return directoryLock("packed-packages", root).run(packing, signal);
}
