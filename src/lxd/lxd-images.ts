import { createReadStream } from "node:fs";
import type { ImageRecipe, Images, RunnerImage } from "../runners/ports.ts";
import { unhindered } from "../support/deadline.ts";
import { messageOf } from "../support/errors.ts";
import { LxdError, type LxdClient, type Outcome, type StoredImage } from "./client/index.ts";
import { absentAsUndefined } from "./absent.ts";
import { destroyInstance } from "./destroy-instance.ts";
import { BaseImageError, ImageBuildError } from "./errors.ts";
import { boot, runScript } from "./instance-boot.ts";
import { describeOwner, isOwned, KEYS, ownerConfig, ownerText, type Owner } from "./ownership.ts";

export interface LxdImagesOptions {
  readonly client: LxdClient;
  readonly owner: Owner;
  /** The unit's name as it stands in names, such as `runners-0`; also the alias of its current runner image. */
  readonly stem: string;
  /** The profile that builder and template have. */
  readonly profile: string;
  /** Where the build script finds the runner application's archive. */
  readonly archivePathInGuest: string;
}

type Progress = (step: string) => void;

const CLEAN_STOP_SECONDS = 60;
const CLEAN_UP_MS = 5 * 60_000;

/**
 * Runner images in LXD's store, and the template of each.
 *
 * A template is an instance of the image that was started once, so that clones of it need neither unpacking nor, on
 * kernels where LXD cannot map owners at the mount, the re-owning of every file.
 */
export class LxdImages implements Images {
  readonly #options: LxdImagesOptions;
  readonly #client: LxdClient;

  constructor(options: LxdImagesOptions) {
    this.#options = options;
    this.#client = options.client;
  }

  async find(recipe: ImageRecipe, signal: AbortSignal): Promise<RunnerImage | undefined> {
    const template = this.#templateName(recipe);
    const instance = await absentAsUndefined(this.#client.instances.get(template, signal));
    const fingerprint = instance?.config[KEYS.image];
    const finished =
      instance?.status === "Stopped" &&
      instance.config[KEYS.phase] === "ready" &&
      isOwned(instance.config, this.#options.owner, "template");
    return finished && fingerprint ? { fingerprint, template } : undefined;
  }

  async build(recipe: ImageRecipe, progress: Progress, signal: AbortSignal): Promise<RunnerImage> {
    const known = await this.#currentImage(recipe, signal);
    const fingerprint = known ?? (await this.#buildImage(recipe, progress, signal));
    progress("making the template");
    const template = await this.#makeTemplate(recipe, fingerprint, signal);
    // Last, so that the alias names the last image that runners can be made from.
    await this.#point(fingerprint, signal);
    return { fingerprint, template };
  }

  async prune(keep: RunnerImage | undefined, signal: AbortSignal): Promise<void> {
    const { owner } = this.#options;
    const instances = await this.#client.instances.list(undefined, signal);
    const stale = instances.filter(
      ({ name, config }) =>
        isOwned(config, owner, "builder") || (isOwned(config, owner, "template") && name !== keep?.template),
    );
    for (const { name } of stale) await this.#discard(name, signal);
    const images = await this.#client.images.list(signal);
    const unused = images.filter(
      ({ fingerprint, properties }) =>
        properties[KEYS.owner] === ownerText(owner) && fingerprint !== keep?.fingerprint,
    );
    for (const { fingerprint } of unused) await this.#client.images.delete(fingerprint, signal);
  }

  #templateName({ key }: ImageRecipe): string {
    return `${this.#options.stem}-template-${key.slice(0, 8)}`;
  }

  /** The image of this recipe, where a template of it is all that is missing. */
  async #currentImage({ key }: ImageRecipe, signal: AbortSignal): Promise<string | undefined> {
    const images = await this.#client.images.list(signal);
    const { owner } = this.#options;
    return images.find(
      ({ properties }) => properties[KEYS.owner] === ownerText(owner) && properties[KEYS.recipe] === key,
    )?.fingerprint;
  }

  async #buildImage(recipe: ImageRecipe, progress: Progress, signal: AbortSignal): Promise<string> {
    const builder = `${this.#options.stem}-builder`;
    let step = "starting the base image";
    const enter = (next: string) => {
      step = next;
      progress(next);
    };
    enter(step);
    await this.#discard(builder, signal);
    try {
      await this.#create(builder, "builder", { type: "image", alias: recipe.base }, signal);
      await boot(this.#client, builder, signal);
      enter("copying the runner application");
      await this.#push(builder, recipe, signal);
      await runScript(
        this.#client,
        { name: builder, step, script: recipe.buildScript, progress: enter },
        signal,
      );
      enter("publishing");
      await this.#stop(builder, signal);
      return await this.#publish(builder, recipe, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      throw asBuildError(thrown, recipe, step);
    } finally {
      await this.#discardUnhindered(builder);
    }
  }

  async #push(builder: string, recipe: ImageRecipe, signal: AbortSignal): Promise<void> {
    const { archivePath } = recipe.application;
    const content = createReadStream(archivePath);
    const place = { instance: builder, path: this.#options.archivePathInGuest };
    await this.#client.files.put(place, content, { mode: 0o600 }, signal);
  }

  async #publish(builder: string, recipe: ImageRecipe, signal: AbortSignal): Promise<string> {
    const { owner } = this.#options;
    const outcome = await this.#client.images.publish(
      {
        instance: builder,
        compression: "zstd",
        properties: {
          description: describeOwner(owner),
          [KEYS.owner]: ownerText(owner),
          [KEYS.recipe]: recipe.key,
        },
      },
      signal,
    );
    return this.#published(outcome, recipe, signal);
  }

  async #point(target: string, signal: AbortSignal): Promise<void> {
    const { owner, stem } = this.#options;
    const alias = { name: stem, target, description: describeOwner(owner) };
    await this.#client.imageAliases.point(alias, signal);
  }

  /** LXD forgets how an operation ended within seconds; the image's own properties tell. */
  async #published(outcome: Outcome<StoredImage>, recipe: ImageRecipe, signal: AbortSignal): Promise<string> {
    if (outcome.state === "done") return outcome.value.fingerprint;
    const found = await this.#currentImage(recipe, signal);
    if (found === undefined) throw new Error("LXD has not kept the image");
    return found;
  }

  async #makeTemplate(recipe: ImageRecipe, fingerprint: string, signal: AbortSignal): Promise<string> {
    const template = this.#templateName(recipe);
    await this.#discard(template, signal);
    try {
      await this.#create(template, "template", { type: "image", fingerprint }, signal);
      await boot(this.#client, template, signal);
      const clean = { name: template, step: "cleaning the template", script: recipe.cleanScript };
      await runScript(this.#client, clean, signal);
      await this.#client.instances.changeState(template, { action: "stop", force: true }, signal);
      // Last: a template without these was left half made.
      const config = {
        [KEYS.phase]: "ready",
        [KEYS.image]: fingerprint,
        [KEYS.recipe]: recipe.key,
        "security.protection.delete": "true",
      };
      await this.#client.instances.patch(template, { config }, signal);
      return template;
    } catch (thrown) {
      await this.#discardUnhindered(template);
      signal.throwIfAborted();
      throw asBuildError(thrown, recipe, "making the template");
    }
  }

  async #create(
    name: string,
    role: "builder" | "template",
    source: { type: "image"; alias: string } | { type: "image"; fingerprint: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { owner, profile } = this.#options;
    const config = ownerConfig(owner, role);
    await this.#client.instances.create(
      { name, type: "container", source, profiles: [profile], config, description: describeOwner(owner) },
      signal,
    );
  }

  /** A clean stop, so that the file system is published as systemd leaves it. */
  async #stop(name: string, signal: AbortSignal): Promise<void> {
    await this.#client.instances.changeState(
      name,
      { action: "stop", timeoutSeconds: CLEAN_STOP_SECONDS },
      signal,
    );
  }

  /** After a build, however it ended; what this leaves, the next build or prune takes away. */
  async #discardUnhindered(name: string): Promise<void> {
    const action = `clean up after instance '${name}'`;
    await unhindered(action, CLEAN_UP_MS, (limited) => this.#discard(name, limited)).catch(() => undefined);
  }

  async #discard(name: string, signal: AbortSignal): Promise<void> {
    const instance = await absentAsUndefined(this.#client.instances.get(name, signal));
    if (!instance) return;
    if (instance.config["security.protection.delete"] === "true") {
      const config = { "security.protection.delete": "false" };
      await this.#client.instances.patch(name, { config }, signal);
    }
    await destroyInstance(this.#client, name, signal);
  }
}

function asBuildError(thrown: unknown, recipe: ImageRecipe, step: string): unknown {
  if (thrown instanceof LxdError && thrown.notFound && /alias/i.test(thrown.detail)) {
    return new BaseImageError(recipe.base, { cause: thrown });
  }
  if (thrown instanceof ImageBuildError) return thrown;
  return new ImageBuildError(step, messageOf(thrown), { cause: thrown });
}
