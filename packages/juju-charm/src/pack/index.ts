export { ARCHITECTURES, hostArchitecture } from "./architecture.ts";
export { archiveName } from "./archive-name.ts";
export { type Bundle, bundle } from "./bundle.ts";
export { type PackedCharm, packCharm } from "./pack-charm.ts";
export { writeArchive } from "./write-archive.ts";
