import { createHash } from "node:crypto";
import { buildScript, cleanScript, type BuildOptions } from "../guest/build-script.ts";
import type { ImageRecipe } from "./ports.ts";

/** What a runner image is made from. */
export type ImageIngredients = Pick<ImageRecipe, "base" | "arch" | "application"> & BuildOptions;

/** Completes the ingredients to a recipe. Pure: the same ingredients give the same key. */
export function imageRecipe({ base, arch, application, ...options }: ImageIngredients): ImageRecipe {
  const key = recipeKey({ base, arch, ...options }, application.version);
  return { base, arch, application, key, buildScript: buildScript(options), cleanScript };
}

/** The key of the recipe for a version of the runner application. */
export function recipeKey(
  { base, arch, ...options }: Omit<ImageIngredients, "application">,
  version: string,
): string {
  // The scripts hold the packages and all that this version of the charm puts into the image.
  const inputs = JSON.stringify([base.server, base.alias, arch, version, buildScript(options), cleanScript]);
  return createHash("sha256").update(inputs).digest("hex");
}
