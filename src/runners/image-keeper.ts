import { messageOf, type Clock, type Logger } from "charm-kit";
import { decideImage, type ImageFailure, type ImageDecision } from "./image-decision.ts";
import { guestPrograms, imageRecipe, recipeKey, type ImageIngredients } from "./image-recipe.ts";
import type { Archives, Forge, Images, RunnerApplication, RunnerImage } from "./ports.ts";
import type { Lock } from "./runner-manager.ts";

/** How long the version of the runner application is taken from memory before GitHub is asked again. */
const APPLICATION_CHECK_MS = 6 * 60 * 60_000;

/** What the unit remembers of the runner application, so that a reconcile need not ask GitHub for it each time. */
export interface ApplicationMemo {
  readonly version: string;
  /** Milliseconds since the Unix epoch at which GitHub was asked. */
  readonly checkedAt: number;
}

/** Something that is kept from one event to the next; `null` until it is first written. */
export interface Memory<Kept> {
  read(): Promise<Kept | null>;
  write(kept: Kept | null): Promise<void>;
}

/** Services that images are kept by. */
export interface ImageKeeperDependencies {
  readonly forge: Pick<Forge, "application">;
  readonly images: Images;
  readonly archives: Archives;
  readonly application: Memory<ApplicationMemo>;
  readonly failure: Memory<ImageFailure>;
  /** Holds other builds of the unit off. */
  readonly lock: Lock;
  readonly clock: Clock;
  readonly log: Logger;
  /** Shows what is being done. */
  readonly step: (message: string) => void;
}

/** What images are made from, beside the runner application. */
export type ImageSettings = Omit<ImageIngredients, "application">;

/** The image that runners are made from, and what a person should know of it. */
export interface ImageSupply {
  readonly image: RunnerImage;
  /** Why it is not the one that it should be. */
  readonly notice: string | undefined;
}

/** The runner application that GitHub offers. */
export interface ApplicationUpdate {
  readonly version: string;
  /** Whether it is another one than before. */
  readonly changed: boolean;
}

/** Keeps an image of the wanted recipe, not too old, and the last good one while it cannot be had. */
export class ImageKeeper {
  readonly #dependencies: ImageKeeperDependencies;
  readonly #settings: ImageSettings;

  constructor(dependencies: ImageKeeperDependencies, settings: ImageSettings) {
    this.#dependencies = dependencies;
    this.#settings = settings;
  }

  /**
   * Reads the images and decides which one to use and whether to build.
   *
   * @param refreshMs age in milliseconds from which an image is too old; the usual one where it is left out.
   * @throws what GitHub's client throws when GitHub has to be asked for the runner application.
   */
  async decide(signal: AbortSignal, refreshMs?: number): Promise<ImageDecision> {
    const { clock, failure, images } = this.#dependencies;
    const { version } = await this.updateApplication(false, signal);
    return decideImage({
      images: await images.list(signal),
      recipe: recipeKey(this.#settings, version),
      programs: guestPrograms,
      failure: await failure.read(),
      now: clock.now(),
      ...(refreshMs === undefined ? {} : { refreshMs }),
    });
  }

  /**
   * Carries out a decision of {@link decide}.
   *
   * @throws what a build throws, where there is no image to fall back on.
   */
  async supply({ image, build }: ImageDecision, signal: AbortSignal): Promise<ImageSupply> {
    if (image && build === "none") return { image, notice: undefined };
    if (image && build === "paused") {
      const failure = await this.#dependencies.failure.read();
      return { image, notice: notice(image, failure?.reason ?? "unknown") };
    }
    try {
      return { image: await this.build(signal), notice: undefined };
    } catch (thrown) {
      signal.throwIfAborted();
      if (!image) throw thrown;
      return { image, notice: notice(image, messageOf(thrown)) };
    }
  }

  /**
   * Builds an image, whether one is due or not, and lets the earlier ones go.
   *
   * @throws what made it fail; earlier images stay.
   */
  build(signal: AbortSignal): Promise<RunnerImage> {
    const { images, lock, log } = this.#dependencies;
    return lock.run(async () => {
      const before = await images.list(signal);
      try {
        const built = await this.#make(signal);
        await this.#dependencies.failure.write(null);
        await images.prune(built, signal);
        return built;
      } catch (thrown) {
        signal.throwIfAborted();
        const [last] = before;
        log.warning("Cannot build a runner image", { reason: messageOf(thrown), fallback: last?.template });
        await images.prune(last, signal).catch((failure: unknown) => {
          log.warning("Cannot clean up after the build", { reason: messageOf(failure) });
        });
        throw thrown;
      }
    }, signal);
  }

  /**
   * The runner application that GitHub offers.
   *
   * @param force asks GitHub, however short ago it was asked.
   */
  async updateApplication(force: boolean, signal: AbortSignal): Promise<ApplicationUpdate> {
    const { application, clock } = this.#dependencies;
    const known = await application.read();
    const age = known ? clock.now() - known.checkedAt : Infinity;
    if (known && !force && age >= 0 && age < APPLICATION_CHECK_MS) {
      return { version: known.version, changed: false };
    }
    const { version } = await this.#offer(signal);
    return { version, changed: known !== null && known.version !== version };
  }

  /** GitHub is asked each time: its download tokens are good for an hour, and builds are rare. */
  async #make(signal: AbortSignal): Promise<RunnerImage> {
    const { archives, images, step } = this.#dependencies;
    const offer = await this.#offer(signal);
    try {
      step(`Fetching the runner application ${offer.version}`);
      const archivePath = await archives.fetch(offer, signal);
      const application = { version: offer.version, archivePath };
      const progress = (what: string) => {
        step(`Building the runner image: ${what}`);
      };
      return await images.build(imageRecipe({ ...this.#settings, application }), progress, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      await this.#remember(recipeKey(this.#settings, offer.version), messageOf(thrown));
      throw thrown;
    }
  }

  async #offer(signal: AbortSignal): Promise<RunnerApplication> {
    const { application, clock, forge } = this.#dependencies;
    const offer = await forge.application(this.#settings.arch, signal);
    await application.write({ version: offer.version, checkedAt: clock.now() });
    return offer;
  }

  async #remember(recipe: string, reason: string): Promise<void> {
    const { clock, failure } = this.#dependencies;
    const earlier = await failure.read();
    const attempts = earlier?.recipe === recipe ? earlier.attempts + 1 : 1;
    await failure.write({ recipe, reason, failedAt: clock.now(), attempts });
  }
}

/** The date before the reason, which a status may cut. */
function notice({ builtAt }: RunnerImage, reason: string): string {
  const date = new Date(builtAt).toISOString().slice(0, 16).replace("T", " ");
  return `image build failed, using the image of ${date} UTC: ${reason}`;
}
