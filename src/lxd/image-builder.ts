import type { BaseImage, ImageRecipe, InstanceType } from "../runners/ports.ts";
import { messageOf } from "charm-kit";
import {
  LxdError,
  OperationError,
  type Devices,
  type LxdClient,
  type NewInstance,
  type Outcome,
  type Publication,
  type StateChange,
  type StoredImage,
} from "lxd-client";
import { asBaseImageError } from "./base-image-error.ts";
import { BaseImageError, BaseImageServerError, ImageBuildError, ProgramMissingError } from "./errors.ts";
import { discardInstance, discardUnhindered } from "./image-instance.ts";
import { boot, runScript } from "./instance-boot.ts";
import { missingProgram } from "./missing-program.ts";
import { describeOwner, KEYS, ownerConfig, ownerText, type Owner } from "./ownership.ts";
import { NO_MEMBER, type OwnMember } from "./own-member.ts";
import type { PortAllocator } from "./port-allocator.ts";

export interface ImageBuilderOptions {
  readonly client: LxdClient;
  readonly owner: Owner;
  /** Type of the instances. @default "container" */
  readonly instanceType?: InstanceType;
  /** Name of the builder instance. */
  readonly builder: string;
  /** Profile of the builder, and of the template. */
  readonly profile: string;
  /** Path of the runner application's archive in the builder. */
  readonly archivePathInGuest: string;
  /** The unit's bridge. @default the profile alone decides about the network */
  readonly ports?: PortAllocator;
  /** Where instances are made. @default the daemon stands alone */
  readonly ownMember?: OwnMember;
  /** How long the builder may take to shut down, in seconds. @default 60 for a container, 240 for a virtual machine */
  readonly stopSeconds?: number;
}

/** The quickest first. A machine need not have the program of each, and `none` needs no program. */
const COMPRESSIONS = ["zstd", "gzip", "none"] as const;

const CLEAN_STOP_SECONDS: Readonly<Record<InstanceType, number>> = { container: 60, "virtual-machine": 240 };

/** Builds runner images: starts a base image, runs the recipe's script in it, and publishes the result. */
export class ImageBuilder {
  readonly #options: ImageBuilderOptions;
  readonly #client: LxdClient;

  constructor(options: ImageBuilderOptions) {
    this.#options = options;
    this.#client = options.client;
  }

  /**
   * @returns the fingerprint of the published image; undefined when LXD no longer knows the result of the operation.
   * @throws {@link BaseImageError}, {@link BaseImageServerError} and {@link ImageBuildError}, after the cleanup.
   */
  async build(
    recipe: ImageRecipe,
    progress: (step: string) => void,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { builder: name } = this.#options;
    let step = recipe.base.server ? "fetching the base image" : "starting the base image";
    const enter = (next: string) => {
      step = next;
      progress(next);
    };
    enter(step);
    await discardInstance(this.#client, name, signal);
    try {
      await this.#create(recipe.base, signal);
      await boot({ client: this.#client, name, type: this.#type }, signal);
      enter("copying the runner application");
      await this.#push(recipe, signal);
      await runScript(this.#client, { name, step, script: recipe.buildScript, progress: enter }, signal);
      enter("publishing");
      await this.#stop(signal);
      return await this.#publish(recipe, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      throw asBuildError(thrown, step);
    } finally {
      await discardUnhindered(this.#client, name);
    }
  }

  get #type(): InstanceType {
    return this.#options.instanceType ?? "container";
  }

  async #create(base: BaseImage, signal: AbortSignal): Promise<void> {
    const { builder: name, owner, ports, profile, ownMember = NO_MEMBER } = this.#options;
    const instance = {
      name,
      type: this.#type,
      source: sourceOf(base),
      profiles: [profile],
      config: ownerConfig(owner, "builder"),
      description: describeOwner(owner),
    } as const;
    const member = await ownMember(signal);
    const create = async (devices: Devices) => {
      await this.#client.instances.create({ ...instance, devices }, signal, member);
    };
    try {
      await (ports ? ports.giving(name, create, signal) : create({}));
    } catch (thrown) {
      throw asBaseImageError(thrown, base, this.#type);
    }
  }

  async #push({ application }: ImageRecipe, signal: AbortSignal): Promise<void> {
    const content = { file: application.archivePath };
    const target = { instance: this.#options.builder, path: this.#options.archivePathInGuest };
    await this.#client.files.put(target, content, { mode: 0o600 }, signal);
  }

  /** A clean shutdown, so that the published file system is consistent. */
  async #stop(signal: AbortSignal): Promise<void> {
    const { builder, stopSeconds = CLEAN_STOP_SECONDS[this.#type] } = this.#options;
    const change = (how: StateChange) => this.#client.instances.changeState(builder, how, signal);
    try {
      await change({ action: "stop", timeoutSeconds: stopSeconds });
    } catch (thrown) {
      signal.throwIfAborted();
      // The build script has ended, and a container's files are on the machine's file system, which stays whole.
      if (this.#type !== "container" || !(thrown instanceof OperationError)) throw thrown;
      await change({ action: "stop", force: true });
    }
  }

  async #publish(recipe: ImageRecipe, signal: AbortSignal): Promise<string | undefined> {
    const { builder: instance, owner } = this.#options;
    const properties = {
      description: describeOwner(owner),
      [KEYS.owner]: ownerText(owner),
      [KEYS.recipe]: recipe.key,
    };
    const outcome = await this.#publishAs(COMPRESSIONS, { instance, properties }, signal);
    return outcome.state === "done" ? outcome.value.fingerprint : undefined;
  }

  /** Publishes with the first of the compressions that LXD can run. */
  async #publishAs(
    [compression, ...others]: readonly Publication["compression"][],
    image: Omit<Publication, "compression">,
    signal: AbortSignal,
  ): Promise<Outcome<StoredImage>> {
    try {
      return await this.#client.images.publish({ ...image, compression: compression ?? "none" }, signal);
    } catch (thrown) {
      if (others.length === 0 || !isCompressionRefused(thrown)) throw thrown;
      return this.#publishAs(others, image, signal);
    }
  }
}

function sourceOf({ server, alias }: BaseImage): NewInstance["source"] {
  return server === undefined
    ? { type: "image", alias }
    : { type: "image", mode: "pull", server, protocol: "simplestreams", alias };
}

/** LXD refuses an algorithm whose program is missing, and some versions all that they do not know. */
function isCompressionRefused(thrown: unknown): boolean {
  if (!(thrown instanceof LxdError) && !(thrown instanceof OperationError)) return false;
  return missingProgram(thrown) !== undefined || /compression algorithm/i.test(thrown.detail);
}

function asBuildError(thrown: unknown, step: string): unknown {
  const program = missingProgram(thrown);
  if (program !== undefined)
    return new ProgramMissingError(`build the runner image (${step})`, program, { cause: thrown });
  const isTold =
    thrown instanceof ImageBuildError ||
    thrown instanceof BaseImageError ||
    thrown instanceof BaseImageServerError;
  return isTold ? thrown : new ImageBuildError(step, messageOf(thrown), { cause: thrown });
}
