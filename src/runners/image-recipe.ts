import { createHash } from "node:crypto";
import { buildScript, cleanScript, type BuildOptions } from "../guest/build-script.ts";
import { startScripts, startUnit } from "../guest/start-scripts.ts";
import { yqExecutable } from "../guest/installed-programs.ts";
import type { ImageRecipe, InstanceType } from "./ports.ts";

/** Hash of the guest programs that this version of the charm puts into an image. */
export const guestPrograms = digest(JSON.stringify([startScripts, startUnit])).slice(0, 16);

/** Everything that a runner image is built from. */
export type ImageIngredients = Pick<ImageRecipe, "base" | "arch" | "application"> &
  Omit<BuildOptions, "executables" | "aproxy"> & {
    /** An image works for one type of instance only. @default "container" */
    readonly instanceType?: InstanceType;
    /** Whether the image contains the snap aproxy. @default false */
    readonly hasAproxy?: boolean;
  };

/** Makes a recipe of the ingredients. Pure: the same ingredients give the same key. */
export function imageRecipe(ingredients: ImageIngredients): ImageRecipe {
  const { base, arch, application } = ingredients;
  return {
    base,
    arch,
    application,
    key: recipeKey(ingredients, application.version),
    programs: guestPrograms,
    buildScript: buildScript(optionsOf(ingredients)),
    cleanScript,
  };
}

/** The key of the recipe for a version of the runner application. */
export function recipeKey(settings: Omit<ImageIngredients, "application">, version: string): string {
  const { base, arch, instanceType = "container" } = settings;
  // The scripts contain the packages and everything else that this version of the charm puts into the image. The proxy
  // for the downloads makes no difference.
  const script = buildScript(optionsOf({ ...settings, proxy: undefined }));
  const inputs = [base.server, base.alias, instanceType, arch, version, script, cleanScript];
  return digest(JSON.stringify(inputs));
}

function optionsOf({
  arch,
  packages,
  hasAproxy,
  certificates,
  proxy,
}: Omit<ImageIngredients, "application">): BuildOptions {
  const aproxy = hasAproxy ? arch : undefined;
  return { packages, executables: [yqExecutable(arch)], aproxy, certificates, proxy };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
