import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The script that builds the image. */
export const BUILD_SCRIPT = join(import.meta.dirname, "build.sh");

/** What the image is made by, as 16 hexadecimal digits: another value means that an image built before is out of date. */
export function recipeOfBaseImage(): string {
  const hash = createHash("sha256").update(readFileSync(BUILD_SCRIPT)).update(process.arch);
  return hash.digest("hex").slice(0, 16);
}
