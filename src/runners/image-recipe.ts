import { createHash } from "node:crypto";
import { buildScript, cleanScript } from "../guest/build-script.ts";
import type { ImageRecipe } from "./ports.ts";

/** What a runner image is made from. */
export type ImageIngredients = Pick<ImageRecipe, "base" | "arch" | "application"> & {
  /** Debian packages beside those of the base image. */
  readonly packages: readonly string[];
};

/** Completes the ingredients to a recipe. Pure: the same ingredients give the same key. */
export function imageRecipe({ base, arch, application, packages }: ImageIngredients): ImageRecipe {
  const script = buildScript({ packages });
  // The scripts hold the packages and all that this version of the charm puts into the image.
  const inputs = JSON.stringify([base, arch, application.version, script, cleanScript]);
  const key = createHash("sha256").update(inputs).digest("hex");
  return { base, arch, application, key, buildScript: script, cleanScript };
}
