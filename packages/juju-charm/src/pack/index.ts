export { ARCHITECTURES, hostArchitecture, type Architecture } from "./architecture.ts";
export { archiveName } from "./archive-name.ts";
export { type Bundle, type BundledFile, type BundleOptions, bundle } from "./bundle.ts";
export type { BundlePlugin } from "./load-plugins.ts";
export { type PackedCharm, type PackOptions, packCharm } from "./pack-charm.ts";
export { PackError } from "./pack-error.ts";
export { type ArchiveEntry, writeArchive } from "./write-archive.ts";
