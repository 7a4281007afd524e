import { createHash } from "node:crypto";
import { githubPathText } from "../github/path.ts";
import type { ArchiveStore } from "../host/archive-store.ts";
import { PLAIN_GUEST } from "../guest/settings.ts";
import { RUNNER_APPLICATION } from "../guest/paths.ts";
import { imageRecipe } from "../runners/image-recipe.ts";
import type { RunnerCounts } from "../runners/observed-runner.ts";
import type { Forge, ImageRecipe, Images, Premises, RunnerImage } from "../runners/ports.ts";
import type { Fleet, FlushReport, ReconcileReport, RunnerManager } from "../runners/runner-manager.ts";
import type { ApplicationRecord } from "./application-record.ts";
import type { CharmSystem } from "./charm-system.ts";
import type { Configuration } from "./configuration.ts";

/** How long the version of the runner application is taken from memory before GitHub is asked again. */
const APPLICATION_CHECK_MS = 6 * 60 * 60_000;

export type FlushMode = "idle" | "busy" | "force";

/** The services and settings that a workload works with. */
export interface WorkloadParts {
  readonly system: CharmSystem;
  readonly appName: string;
  readonly configuration: Configuration;
  readonly forge: Forge;
  readonly images: Images;
  readonly premises: Premises;
  readonly manager: RunnerManager;
  readonly archives: ArchiveStore;
  readonly application: ApplicationMemory;
  /** Shows what is being done. */
  readonly step: (message: string) => void;
  readonly close: () => Promise<void>;
}

export interface ApplicationMemory {
  read(): Promise<ApplicationRecord | null>;
  write(record: ApplicationRecord): Promise<void>;
}

/** What a unit does for its runners, in the order in which it has to be done. */
export class Workload {
  readonly #parts: WorkloadParts;

  constructor(parts: WorkloadParts) {
    this.#parts = parts;
  }

  /** Makes everything ready that runners are made from: pool, bridge, profiles, image and template. */
  async prepare(signal: AbortSignal): Promise<RunnerImage> {
    const { configuration, images, premises, step } = this.#parts;
    // GitHub first: credentials that it refuses are told before anything is made.
    const recipe = await this.#recipe(signal);
    await premises.ensure(configuration.resources, signal);
    const ready = await images.find(recipe, signal);
    if (ready) return ready;
    const progress = (what: string) => {
      step(`Building the runner image: ${what}`);
    };
    const built = await images.build(recipe, progress, signal);
    await images.prune(built, signal);
    return built;
  }

  /** Makes the number and kind of runners what the configuration says. */
  async reconcile(signal: AbortSignal): Promise<ReconcileReport> {
    const { manager, step } = this.#parts;
    const image = await this.prepare(signal);
    const progress = (done: number, total: number) => {
      step(`Starting runners ${done}/${total}`);
    };
    return manager.reconcile(this.#fleet(image), progress, signal);
  }

  /** Reads both sides and counts. */
  check(signal: AbortSignal): Promise<RunnerCounts> {
    return this.#parts.manager.check(signal);
  }

  flush(mode: FlushMode, signal: AbortSignal): Promise<FlushReport> {
    const { manager } = this.#parts;
    return mode === "idle" ? manager.flushIdle(signal) : manager.flushAll(mode, signal);
  }

  close(): Promise<void> {
    return this.#parts.close();
  }

  async #recipe(signal: AbortSignal): Promise<ImageRecipe> {
    const { configuration, system } = this.#parts;
    const application = await this.#application(signal);
    return imageRecipe({
      base: configuration.baseImage,
      arch: system.arch,
      application: { version: application.version, archivePath: application.archivePath },
      packages: configuration.packages,
    });
  }

  async #application(signal: AbortSignal): Promise<ApplicationRecord> {
    const { application, archives, forge, step, system } = this.#parts;
    const known = await application.read();
    const now = system.clock.now();
    if (known && now - known.checkedAt < APPLICATION_CHECK_MS) return known;
    const offered = await forge.application(system.arch, signal);
    step(`Fetching the runner application ${offered.version}`);
    const archivePath = await archives.fetch(offered, signal);
    const record = { version: offered.version, archivePath, checkedAt: now };
    await application.write(record);
    return record;
  }

  #fleet(image: RunnerImage): Fleet {
    const { appName, configuration, premises, system } = this.#parts;
    const { path, githubUrl, resources, count } = configuration;
    const labels = runnerLabels(configuration, appName, system.arch);
    const registrationUrl = `${githubUrl}/${githubPathText(path)}`;
    const profiles = premises.profiles(resources);
    const token = configuration.token.reveal();
    const kind = fingerprint([registrationUrl, token, configuration.group, labels, profiles, image.template]);
    const create = {
      image: image.template,
      profiles,
      resources,
      binaryPath: RUNNER_APPLICATION,
      arch: system.arch,
      guest: PLAIN_GUEST,
    };
    return { count, kind, labels, registrationUrl, create };
  }
}

/** Labels that the charm adds to the operator's, without doubles in another case. GitHub adds none of its own. */
export function runnerLabels(
  { labels, baseImage }: Pick<Configuration, "labels" | "baseImage">,
  appName: string,
  arch: CharmSystem["arch"],
): readonly string[] {
  const all = ["self-hosted", "linux", arch, appName, baseImage, ...labels];
  const byLowerCase = new Map(all.toReversed().map((label) => [label.toLowerCase(), label]));
  return [...byLowerCase.values()].reverse();
}

/** The token is one of the inputs: a digest of all of them gives nothing of it away. */
function fingerprint(inputs: unknown): string {
  return createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 16);
}
