import type { ImageRecipe, Images, InstanceType, RunnerImage } from "../runners/ports.ts";
import { messageOf } from "charm-kit";
import type { Devices, Image, LxdClient } from "lxd-client";
import { ImageBuildError, ProgramMissingError } from "./errors.ts";
import { ImageBuilder, type ImageBuilderOptions } from "./image-builder.ts";
import { builderName, discardInstance, discardUnhindered, templateName } from "./image-instance.ts";
import { boot, runScript } from "./instance-boot.ts";
import { missingProgram } from "./missing-program.ts";
import { describeOwner, isOwned, KEYS, ownerConfig, ownerText } from "./ownership.ts";
import { NO_MEMBER } from "./own-member.ts";
import { isTemplate, runnerImagesIn } from "./runner-images.ts";

export interface LxdImagesOptions extends Omit<ImageBuilderOptions, "builder"> {
  /** The unit's name in other names, such as `runners-0`; also the alias of its current runner image. */
  readonly slug: string;
}

type Progress = (step: string) => void;

/**
 * Runner images in LXD's store, each with its template.
 *
 * A template is an instance of the image that was started once. Its clones need no unpacking and, on
 * kernels without ID-mapped mounts, no ownership change of every file.
 */
export class LxdImages implements Images {
  readonly #options: LxdImagesOptions;
  readonly #client: LxdClient;
  readonly #builder: ImageBuilder;

  constructor(options: LxdImagesOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#builder = new ImageBuilder({ ...options, builder: builderName(options.slug) });
  }

  async list(signal: AbortSignal): Promise<readonly RunnerImage[]> {
    const instances = await this.#client.instances.list(undefined, signal);
    return runnerImagesIn(instances, this.#options.owner, this.#type);
  }

  async build(recipe: ImageRecipe, progress: Progress, signal: AbortSignal): Promise<RunnerImage> {
    const image =
      (await this.#leftover(recipe, signal)) ?? (await this.#buildImage(recipe, progress, signal));
    progress("making the template");
    const built = await this.#makeTemplate(recipe, image, signal);
    // Last, so that the alias always names a usable image.
    await this.#point(built.fingerprint, signal);
    return built;
  }

  async prune(keep: readonly RunnerImage[], signal: AbortSignal): Promise<void> {
    const { owner } = this.#options;
    const [templates, fingerprints] = [
      new Set(keep.map(({ template }) => template)),
      new Set(keep.map(({ fingerprint }) => fingerprint)),
    ];
    const instances = await this.#client.instances.list(undefined, signal);
    const stale = instances.filter(
      (instance) =>
        isOwned(instance.config, owner, "builder") ||
        (isTemplate(instance, owner) && !templates.has(instance.name)),
    );
    for (const { name } of stale) {
      // An operation of a killed process may still use it, such as the clone of a runner.
      const work = await this.#client.operations.touching(name, signal);
      if (keep.length === 0 || work.length === 0) await discardInstance(this.#client, name, signal);
    }
    const images = await this.#ownImages(signal);
    for (const { fingerprint } of images) {
      if (!fingerprints.has(fingerprint)) await this.#client.images.delete(fingerprint, signal);
    }
  }

  get #type(): InstanceType {
    return this.#options.instanceType ?? "container";
  }

  async #ownImages(signal: AbortSignal): Promise<readonly Image[]> {
    const owner = ownerText(this.#options.owner);
    const images = await this.#client.images.list(signal);
    return images.filter(({ properties }) => properties[KEYS.owner] === owner);
  }

  /** The image of this recipe without a template, left by a killed or failed build. */
  async #leftover({ key }: ImageRecipe, signal: AbortSignal): Promise<Image | undefined> {
    const images = await this.#ownImages(signal);
    const finished = new Set((await this.list(signal)).map(({ fingerprint }) => fingerprint));
    return images.find(
      ({ fingerprint, properties }) => properties[KEYS.recipe] === key && !finished.has(fingerprint),
    );
  }

  async #buildImage(recipe: ImageRecipe, progress: Progress, signal: AbortSignal): Promise<Image> {
    const fingerprint = await this.#builder.build(recipe, progress, signal);
    // LXD forgets an operation's result within seconds, so this reads the image's properties.
    const image =
      fingerprint === undefined
        ? await this.#leftover(recipe, signal)
        : await this.#client.images.get(fingerprint, signal);
    if (!image) throw new ImageBuildError("publishing", "LXD has not kept the image");
    return image;
  }

  async #point(target: string, signal: AbortSignal): Promise<void> {
    const { owner, slug } = this.#options;
    const alias = { name: slug, target, description: describeOwner(owner) };
    await this.#client.imageAliases.point(alias, signal);
  }

  async #makeTemplate(recipe: ImageRecipe, image: Image, signal: AbortSignal): Promise<RunnerImage> {
    const { fingerprint } = image;
    const template = templateName(this.#options.slug, fingerprint);
    await discardInstance(this.#client, template, signal);
    try {
      await this.#create(template, fingerprint, signal);
      await boot({ client: this.#client, name: template, type: this.#type }, signal);
      const clean = { name: template, step: "cleaning the template", script: recipe.cleanScript };
      await runScript(this.#client, clean, signal);
      await this.#client.instances.changeState(template, { action: "stop", force: true }, signal);
      const builtAt = Date.parse(image.uploaded_at);
      // Last, since a template without these keys is incomplete.
      const config = {
        [KEYS.phase]: "ready",
        [KEYS.image]: fingerprint,
        [KEYS.recipe]: recipe.key,
        [KEYS.builtAt]: String(builtAt),
        [KEYS.programs]: recipe.programs,
        "security.protection.delete": "true",
      };
      await this.#client.instances.patch(template, { config }, signal);
      return { fingerprint, template, recipe: recipe.key, programs: recipe.programs, builtAt };
    } catch (thrown) {
      await discardUnhindered(this.#client, template);
      signal.throwIfAborted();
      if (thrown instanceof ImageBuildError) throw thrown;
      const program = missingProgram(thrown);
      if (program !== undefined)
        throw new ProgramMissingError("make the template of the runners", program, { cause: thrown });
      throw new ImageBuildError("making the template", messageOf(thrown), { cause: thrown });
    }
  }

  async #create(name: string, fingerprint: string, signal: AbortSignal): Promise<void> {
    const { owner, profile, ports, ownMember = NO_MEMBER } = this.#options;
    const config = ownerConfig(owner, "template");
    const source = { type: "image", fingerprint } as const;
    const description = describeOwner(owner);
    const template = { name, type: this.#type, source, profiles: [profile], config, description } as const;
    const member = await ownMember(signal);
    const create = async (devices: Devices) => {
      await this.#client.instances.create({ ...template, devices }, signal, member);
    };
    await (ports ? ports.giving(name, create, signal) : create({}));
  }
}
