import type { ImageTrial } from "../../src/runners/image-trial.ts";
import { ImageKeeper, type Memory } from "../../src/runners/image-keeper.ts";
import type { ImageRecipe, LifeMoment, RunnerImage } from "../../src/runners/ports.ts";
import type { QueuedJob, QueueSource, RunnerCapacity } from "../../src/unit/ports.ts";
import type { Lock } from "../../src/runners/runner-manager.ts";
import { standingAt } from "../../src/metrics/standing.ts";
import type { UnitSystem } from "../../src/unit/unit-system.ts";
import { Workload } from "../../src/unit/workload.ts";
import { silentLogger } from "charm-kit";
import type { DemandScaling } from "../../src/unit/configuration.ts";
import type { HeardDemand } from "../../src/unit/demand.ts";
import type { FormerDemand } from "../../src/unit/former-paths.ts";
import { FakeProcess } from "../runners/fake-process.ts";
import { FakeSite } from "../runners/fake-site.ts";
import { sampleSettings } from "../service/sample-settings.ts";

/** Keeps a value for all processes, as a file does. */
class Kept<Value> implements Memory<Value> {
  value: Value | null = null;
  readonly #onRead: () => void;

  constructor(onRead: () => void = () => undefined) {
    this.#onRead = onRead;
  }

  read = () => {
    this.#onRead();
    return Promise.resolve(this.value);
  };
  write = (value: Value | null) => {
    this.value = value;
    return Promise.resolve();
  };
}

/** One process after the other. */
class QueueLock implements Lock {
  #last: Promise<unknown> = Promise.resolve();
  /** Of the one that came last. */
  #wanted = new AbortController();

  run<T>(work: (wanted: AbortSignal) => Promise<T>): Promise<T> {
    const wanted = new AbortController();
    this.#wanted.abort();
    this.#wanted = wanted;
    const result = this.#last.then(() => work(wanted.signal));
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** One process of the unit: a hook or the runner service. */
export interface UnitProcess {
  readonly process: FakeProcess;
  readonly workload: Workload;
}

/** A unit without LXD and GitHub, on which several processes work: runners, images, records and locks are theirs together. */
export class FakeUnit {
  readonly site = new FakeSite();
  /** Version of the runner application that GitHub offers. */
  version = "2.337.0";
  buildFault: Error | undefined;
  /** Number of builds. */
  builds = 0;
  /**
   * What the processes looked at, in order: `turn` when one of them took its turn at the machine, `version` of the runner
   * application, `member` of an LXD cluster, `machine`.
   */
  readonly looked: ("turn" | "version" | "member" | "machine")[] = [];
  /** What its machine was made for. */
  readonly sizes: RunnerCapacity[] = [];
  /** Number of times that images were listed apart from instances. */
  imageLists = 0;
  /** Whether the machine's LXD is a member of a cluster. */
  isMember = false;
  /** Number of runners that the machine can hold. */
  capacity = 2;
  /** Number of standby instances that its pool and network can hold. */
  standby = 0;
  /** Most runners in place of lost ones; its machine has room for them. */
  replacements = 0;
  /** The machine's memory in bytes. */
  memory = { total: 100 * 2 ** 30, available: 100 * 2 ** 30 };
  /** Whether a runner service makes standby instances. */
  hasService = false;
  readonly earlyEnds = new Kept<never>();
  readonly demand = new Kept<HeardDemand>();
  /** The jobs that GitHub's REST API shows. */
  jobs: readonly QueuedJob[] = [];
  /** Why GitHub's REST API shows nothing. */
  queueFault: Error | undefined;
  readonly queue: QueueSource = {
    read: () =>
      this.queueFault
        ? Promise.reject(this.queueFault)
        : Promise.resolve({ jobs: this.jobs, repositories: [], gaps: [] }),
    groupRules: () => Promise.resolve(undefined),
    isPublic: () => Promise.resolve(false),
  };
  scaleSet: ConstructorParameters<typeof Workload>[0]["github"]["scaleSet"];
  unusedScaleSets: ConstructorParameters<typeof Workload>[0]["github"]["unusedScaleSets"];
  /** Jobs on paths that the unit has left. */
  former: FormerDemand = { assigned: 0, running: 0, scopes: [], untried: [], notices: [] };
  moments: readonly LifeMoment[] = [];
  /** undefined: a fixed number of runners. */
  scaling: DemandScaling | undefined;
  readonly #application = new Kept<never>(() => this.looked.push("version"));
  readonly #failure = new Kept<never>();
  readonly #trial = new Kept<ImageTrial>();
  readonly #installed = new Kept<never>();
  readonly #locks = { manager: new QueueLock(), ready: new QueueLock(), image: new QueueLock() };

  get images(): readonly RunnerImage[] {
    return this.site.images;
  }

  set images(images: readonly RunnerImage[]) {
    this.site.images = images;
  }

  /** Number of looks at what runners stand on. */
  get looks(): number {
    return this.looked.filter((look) => look === "machine").length;
  }

  /** Opens the unit's workload in another process. */
  open(): UnitProcess {
    const process = new FakeProcess(this.site, {}, undefined, this.#locks.manager);
    const { setup, integrations, unit } = sampleSettings();
    const clock = { now: () => this.site.now, wait: () => Promise.resolve() };
    let drawn = 0;
    const entropy = () => (++drawn).toString(16).padStart(12, "0");
    const system = { clock, arch: "x64", entropy } as unknown as UnitSystem;
    const done = () => Promise.resolve();
    const workload = new Workload({
      ...setup,
      configuration: { ...setup.configuration, scaling: this.scaling, replacements: this.replacements },
      integrations,
      appName: unit.appName,
      system,
      policy: undefined,
      service: { pause: done, resume: done },
      host: {
        prepare: () => Promise.resolve([]),
        shortages: () => Promise.resolve([]),
        memory: () => Promise.resolve(this.memory),
        mayReboot: () => Promise.resolve(false),
      },
      images: this.#imageKeeper(clock),
      cluster: {
        isMember: () => Promise.resolve(this.isMember),
        evacuatedMember: () => {
          this.looked.push("member");
          return Promise.resolve(this.site.isEvacuated ? "m1" : undefined);
        },
      },
      infrastructure: {
        ensure: (size) => {
          this.looked.push("machine");
          this.sizes.push(size);
          const { replacements } = size;
          const { capacity: count, standby } = this;
          return Promise.resolve({ count, replacements, standby, notices: [] });
        },
        profiles: () => ["runner"],
        check: done,
        gateway: () => Promise.resolve("10.251.17.1"),
        remove: () => Promise.resolve([]),
      },
      firewall: { ensure: () => Promise.resolve([]), remove: () => Promise.resolve([]) },
      manager: process.manager,
      rotation: { ensure: done },
      logs: { sweep: done },
      serverLogs: { sweep: done, remove: done },
      installed: this.#installed,
      earlyEnds: this.earlyEnds,
      demand: this.demand,
      demandKey: "key",
      github: { queue: this.queue, scaleSet: this.scaleSet, unusedScaleSets: this.unusedScaleSets },
      formerPaths: { read: done, demand: () => Promise.resolve(this.former), close: () => undefined },
      history: { read: () => Promise.resolve(this.moments) },
      standing: () => Promise.resolve(standingAt(null, this.site.now)),
      readyLock: {
        run: (work) => {
          this.looked.push("turn");
          return this.#locks.ready.run(work);
        },
      },
      leaveStandby: () => Promise.resolve(this.hasService),
      log: silentLogger,
      step: () => undefined,
      close: done,
    });
    return { process, workload };
  }

  #imageKeeper(clock: UnitSystem["clock"]): ImageKeeper {
    return new ImageKeeper(
      {
        forge: {
          application: () =>
            Promise.resolve({
              version: this.version,
              filename: "runner.tar.gz",
              downloadUrl: "https://github.example/runner.tar.gz",
              sha256: this.version,
              downloadToken: undefined,
            }),
        },
        archives: { fetch: ({ version }) => Promise.resolve(`/archives/${version}`) },
        images: {
          list: () => {
            this.imageLists += 1;
            return Promise.resolve(this.images);
          },
          build: (recipe) => this.#build(recipe),
          prune: (keep) => {
            this.images = this.images.filter(({ template }) =>
              keep.some((each) => each.template === template),
            );
            return Promise.resolve();
          },
        },
        application: this.#application,
        failure: this.#failure,
        trial: this.#trial,
        lock: this.#locks.image,
        clock,
        log: silentLogger,
        step: () => undefined,
      },
      { base: { server: undefined, alias: "jammy" }, arch: "x64", packages: [] },
    );
  }

  #build({ key, programs }: ImageRecipe): Promise<RunnerImage> {
    if (this.buildFault) return Promise.reject(this.buildFault);
    const number = ++this.builds;
    const image = {
      fingerprint: `${number}`.padStart(8, "0"),
      template: `template-${number}`,
      recipe: key,
      programs,
      builtAt: this.site.now,
    };
    this.site.templates.add(image.template);
    this.images = [image, ...this.images];
    return Promise.resolve(image);
  }
}
