import { existsSync, globSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { runShellScript } from "../run-shell-script.ts";
import { LxcImages, type StoredImage } from "./lxc-images.ts";
import { BUILD_SCRIPT, recipeOfBaseImage } from "./recipe.ts";

export interface BaseImageOptions {
  /** Alias in LXD's default project. @default "github-runner-demo-base" */
  readonly alias?: string;
  /** Where the built tarball is kept for the next time. @default "/var/cache/github-runner-charm" */
  readonly cacheDirectory?: string;
  /** Called with a line for a person before each step. @default none */
  readonly progress?: (line: string) => void;
}

export interface BaseImage {
  readonly alias: string;
  readonly fingerprint: string;
  /** What had to be done: nothing, the import of a tarball built earlier, or the whole. */
  readonly done: "nothing" | "alias" | "import" | "build";
}

/** Alias of the image that the demo and the tests use. */
export const BASE_IMAGE_ALIAS = "github-runner-demo-base";

const RECIPE = "recipe";
const CACHE_DIRECTORY = "/var/cache/github-runner-charm";

/**
 * Makes the small Debian image be in the local LXD under an alias. What is there already and up to date stays as it is;
 * an image of an older recipe is replaced.
 *
 * Needs root and `debootstrap` to build, and the `lxc` command line to import.
 */
export async function ensureBaseImage(options: BaseImageOptions, signal: AbortSignal): Promise<BaseImage> {
  const { alias = BASE_IMAGE_ALIAS, cacheDirectory = CACHE_DIRECTORY } = options;
  const progress = options.progress ?? (() => undefined);
  const images = new LxcImages(signal);
  const recipe = recipeOfBaseImage();
  const current = await images.findByAlias(alias);
  if (current?.properties[RECIPE] === recipe) {
    return { alias, fingerprint: current.fingerprint, done: "nothing" };
  }
  let done: BaseImage["done"] = "alias";
  let fingerprint = (await images.list()).find((image) => image.properties[RECIPE] === recipe)?.fingerprint;
  if (fingerprint === undefined) {
    done = existsSync(tarballPath(cacheDirectory)) ? "import" : "build";
    const tarball = await baseImageTarball({ cacheDirectory, progress }, signal);
    progress(`Importing ${megabytes(tarball)} MB into LXD as '${alias}'`);
    fingerprint = await images.import(tarball, { [RECIPE]: recipe });
  }
  await images.setAlias(alias, fingerprint);
  if (current !== undefined && isReplaced(current, alias)) await images.delete(current.fingerprint);
  return { alias, fingerprint, done };
}

/**
 * Makes the tarball of the image be there, without LXD.
 *
 * @returns its path.
 */
export async function baseImageTarball(
  {
    cacheDirectory = CACHE_DIRECTORY,
    progress = () => undefined,
  }: Pick<BaseImageOptions, "cacheDirectory" | "progress">,
  signal: AbortSignal,
): Promise<string> {
  const tarball = tarballPath(cacheDirectory);
  if (!existsSync(tarball)) await build(tarball, cacheDirectory, { progress, signal });
  return tarball;
}

function tarballPath(directory: string): string {
  return join(directory, `base-image-${recipeOfBaseImage()}.tar`);
}

/** An image of ours that nobody else points to; any other is a person's. */
function isReplaced(image: StoredImage, alias: string): boolean {
  return RECIPE in image.properties && image.aliases.every(({ name }) => name === alias);
}

async function build(
  tarball: string,
  directory: string,
  { progress, signal }: { progress: (line: string) => void; signal: AbortSignal },
): Promise<void> {
  progress(`Building the base image (kept in ${directory})`);
  mkdirSync(directory, { recursive: true });
  const code = await runShellScript({ path: BUILD_SCRIPT, words: [tarball], progress }, signal);
  if (code !== 0) throw new Error(`Cannot build the base image: ${BUILD_SCRIPT} ended with ${String(code)}`);
  for (const older of globSync(join(directory, "base-image-*.tar"))) if (older !== tarball) rmSync(older);
}

function megabytes(path: string): number {
  return Math.round(statSync(path).size / 1e6);
}
