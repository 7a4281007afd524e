import { messageOf, type Clock, type Logger } from "charm-kit";
import { decideImage, type ImageFailure, type ImageDecision } from "./image-decision.ts";
import { guestPrograms, imageRecipe, recipeKey, type ImageIngredients } from "./image-recipe.ts";
import type { Archives, Forge, Images, RunnerApplication, RunnerImage } from "./ports.ts";
import type { Lock } from "./runner-manager.ts";
import { trialAfter, type ImageTrial, type TrialReport } from "./image-trial.ts";
import { utcMinute } from "./utc-minute.ts";

/** How long a known version of the runner application is used before GitHub is asked again. */
const APPLICATION_CHECK_MS = 6 * 60 * 60_000;

/** The known version of the runner application, so that a reconcile does not ask GitHub each time. */
export interface ApplicationMemo {
  readonly version: string;
  /** When GitHub was asked, in milliseconds since the Unix epoch. */
  readonly checkedAt: number;
  /** When GitHub first offered this version to the unit. Records of earlier versions have none. */
  readonly seenAt?: number;
}

/** A value that is stored from one event to the next; `null` until the first write. */
export interface Memory<Kept> {
  read(): Promise<Kept | null>;
  write(kept: Kept | null): Promise<void>;
}

export interface ImageKeeperDependencies {
  readonly forge: Pick<Forge, "application">;
  readonly images: Images;
  readonly archives: Archives;
  readonly application: Memory<ApplicationMemo>;
  readonly failure: Memory<ImageFailure>;
  readonly trial: Memory<ImageTrial>;
  /** Keeps the unit from building twice at a time. */
  readonly lock: Lock;
  readonly clock: Clock;
  readonly log: Logger;
  /** Shows the present step. */
  readonly step: (message: string) => void;
}

/** What {@link ImageKeeper.decide} goes by. */
export interface DecideOptions {
  /** Age in milliseconds from which an image is too old. @default the usual age */
  readonly refreshMs?: number | undefined;
  /** The images as a list has just shown them. @default they are listed */
  readonly images?: readonly RunnerImage[];
}

/** Ingredients of images, without the runner application. */
export type ImageSettings = Omit<ImageIngredients, "application">;

/** The image for new runners. */
export interface ImageSupply {
  readonly image: RunnerImage;
  /** Why it is an older one than wanted; undefined otherwise. */
  readonly notice: string | undefined;
}

/** The runner application that GitHub offers. */
export interface ApplicationUpdate {
  readonly version: string;
  /** Whether the version has changed. */
  readonly changed: boolean;
}

/** Keeps an up-to-date image of the wanted recipe. While a build fails, the last good image stays in use. */
export class ImageKeeper {
  readonly #dependencies: ImageKeeperDependencies;
  readonly #settings: ImageSettings;
  /** Each round asks for it, and all programs of the guest are in it. */
  #known: { readonly version: string; readonly key: string } | undefined;

  constructor(dependencies: ImageKeeperDependencies, settings: ImageSettings) {
    this.#dependencies = dependencies;
    this.#settings = settings;
  }

  /**
   * Decides which image to use and whether to build.
   *
   * @throws the errors of GitHub's client, when it asks for the runner application.
   */
  async decide(signal: AbortSignal, { refreshMs, images }: DecideOptions = {}): Promise<ImageDecision> {
    const { clock, failure, trial } = this.#dependencies;
    const { version } = await this.updateApplication(false, signal);
    return decideImage({
      images: images ?? (await this.#dependencies.images.list(signal)),
      recipe: this.#recipeKey(version),
      programs: guestPrograms,
      failure: await failure.read(),
      trial: await trial.read(),
      now: clock.now(),
      ...(refreshMs === undefined ? {} : { refreshMs }),
    });
  }

  /**
   * Carries out a decision of {@link decide}.
   *
   * @throws the error of the build, when no older image can be used.
   */
  async supply(decision: ImageDecision, signal: AbortSignal): Promise<ImageSupply> {
    const { image, build, hasSurplus } = decision;
    if (image && build === "none") {
      if (hasSurplus) await this.#dependencies.lock.run(() => this.#prune([image], signal), signal);
      return { image, notice: await this.notice(decision) };
    }
    if (image && build === "paused") return { image, notice: await this.notice(decision) };
    try {
      return { image: await this.build(signal), notice: undefined };
    } catch (thrown) {
      signal.throwIfAborted();
      if (!image) throw thrown;
      return { image, notice: notice(image, messageOf(thrown)) };
    }
  }

  /**
   * Builds an image, even when none is due. An earlier one is kept until a runner of the new one has stayed.
   *
   * @throws the error of the build; earlier images stay.
   */
  build(signal: AbortSignal): Promise<RunnerImage> {
    const { failure, images, lock, log, trial } = this.#dependencies;
    return lock.run(async () => {
      const before = await images.list(signal);
      const earlier = this.#proven(before, await trial.read());
      try {
        const built = await this.#make(signal);
        await failure.write(null);
        await trial.write(earlier ? { template: built.template, failures: 0, reason: undefined } : null);
        await this.#prune(earlier ? [built, earlier] : [built], signal);
        return built;
      } catch (thrown) {
        signal.throwIfAborted();
        const kept = [before[0], earlier].filter((image) => image !== undefined);
        log.warning("Cannot build a runner image", {
          reason: messageOf(thrown),
          fallback: kept[0]?.template,
        });
        await this.#prune(kept, signal);
        throw thrown;
      }
    }, signal);
  }

  /** The newest image that runners of this charm were made from, and stayed; the newest one if that is not known. */
  #proven(images: readonly RunnerImage[], trial: ImageTrial | null): RunnerImage | undefined {
    const usable = images.filter(({ programs }) => programs === guestPrograms);
    return usable.find(({ template }) => template !== trial?.template) ?? usable[0];
  }

  /** Best effort: the next prune deletes what this one leaves. */
  async #prune(keep: readonly RunnerImage[], signal: AbortSignal): Promise<void> {
    const { images, log } = this.#dependencies;
    await images.prune(keep, signal).catch((failure: unknown) => {
      signal.throwIfAborted();
      log.warning("Cannot delete earlier images", { reason: messageOf(failure) });
    });
  }

  /** Learns from the runners that a reconcile created from an image. */
  async conclude(image: RunnerImage, report: TrialReport): Promise<void> {
    const { trial } = this.#dependencies;
    const before = await trial.read();
    const after = trialAfter(before, image, report);
    if (before !== after) await trial.write(after);
  }

  /**
   * The runner application that GitHub offers.
   *
   * @param force asks GitHub even when the known version is recent.
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

  /** Ends the pause after a failed build, so that the next reconcile tries again. */
  endPause(): Promise<void> {
    return this.#dependencies.failure.write(null);
  }

  /** Why an older image is in use; undefined for the wanted one. */
  async notice({ image, build, refused }: ImageDecision): Promise<string | undefined> {
    if (!image) return undefined;
    if (build === "paused") return notice(image, (await this.lastFailure()) ?? "unknown");
    if (!refused) return undefined;
    const reason = (await this.#dependencies.trial.read())?.reason ?? "unknown";
    const [used, newer] = [utcMinute(image.builtAt), utcMinute(refused.builtAt)];
    return `using the image of ${used}, since no runner of the image of ${newer} has stayed: ${reason}`;
  }

  /** Why the last build failed; undefined after a successful one. */
  async lastFailure(): Promise<string | undefined> {
    return (await this.#dependencies.failure.read())?.reason;
  }

  /** Always asks GitHub: its download tokens are valid for an hour, and builds are rare. */
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
      await this.#remember(this.#recipeKey(offer.version), messageOf(thrown));
      throw thrown;
    }
  }

  #recipeKey(version: string): string {
    if (this.#known?.version !== version) this.#known = { version, key: recipeKey(this.#settings, version) };
    return this.#known.key;
  }

  async #offer(signal: AbortSignal): Promise<RunnerApplication> {
    const { application, clock, forge } = this.#dependencies;
    const offer = await forge.application(this.#settings.arch, signal);
    const known = await application.read();
    const checkedAt = clock.now();
    const seenAt = known?.version === offer.version ? (known.seenAt ?? known.checkedAt) : checkedAt;
    await application.write({ version: offer.version, checkedAt, seenAt });
    return offer;
  }

  async #remember(recipe: string, reason: string): Promise<void> {
    const { clock, failure } = this.#dependencies;
    const earlier = await failure.read();
    const attempts = earlier?.recipe === recipe ? earlier.attempts + 1 : 1;
    await failure.write({ recipe, reason, failedAt: clock.now(), attempts });
  }
}

/** The date comes before the reason, because a status may cut the end. */
function notice({ builtAt }: RunnerImage, reason: string): string {
  return `image build failed, using the image of ${utcMinute(builtAt)}: ${reason}`;
}
