import { Secret, silentLogger, type Clock } from "charm-kit";
import { standingAt } from "../../src/metrics/standing.ts";
import { ImageKeeper, type Memory } from "../../src/runners/image-keeper.ts";
import type { LifeMoment, Machines, RunnerImage, RunnerMetrics } from "../../src/runners/ports.ts";
import { OnlineWitness } from "../../src/runners/online-witness.ts";
import { PostMortem } from "../../src/runners/post-mortem.ts";
import { RunnerManager, type Lock } from "../../src/runners/runner-manager.ts";
import { RunnerNames } from "../../src/runners/runner-name.ts";
import type { Forge } from "../../src/runners/ports.ts";
import type { HeardDemand } from "../../src/unit/demand.ts";
import type { QueueSource } from "../../src/unit/ports.ts";
import type { UnitSystem } from "../../src/unit/unit-system.ts";
import { Workload } from "../../src/unit/workload.ts";
import { sampleSettings } from "../service/sample-settings.ts";

/** A value that outlives the processes of a unit, as a file does. */
export class Kept<Value> implements Memory<Value> {
  #value: Value | null = null;
  read = () => Promise.resolve(this.#value);
  write = (value: Value | null) => {
    this.#value = value;
    return Promise.resolve();
  };
}

/** What a unit has on its machine. */
export class UnitFiles {
  readonly demand = new Kept<HeardDemand>();
  readonly earlyEnds = new Kept<never>();
  readonly application = new Kept<never>();
  readonly failure = new Kept<never>();
  readonly trial = new Kept<never>();
  readonly installed = new Kept<never>();
  readonly images: RunnerImage[] = [];
  /** The lives of its runners, without those that are over. */
  readonly #lives = new Map<string, LifeMoment[]>();

  readonly history = {
    add: (moments: readonly LifeMoment[]) => {
      for (const moment of moments) {
        if (moment.event === "removed") this.#lives.delete(moment.runner);
        else this.#lives.set(moment.runner, [...(this.#lives.get(moment.runner) ?? []), moment]);
      }
      return Promise.resolve();
    },
    read: () => Promise.resolve([...this.#lives.values()].flat()),
  };
}

export interface UnitPorts {
  readonly unitName: string;
  readonly scope: string;
  readonly most: number;
  readonly idle: number;
  readonly standby: number;
  readonly clock: Clock;
  readonly entropy: () => string;
  readonly files: UnitFiles;
  readonly forge: Forge;
  readonly machines: Machines;
  readonly metrics: RunnerMetrics;
  readonly lock: Lock;
}

/** The configuration of a simulated unit. */
export function settingsOf({
  unitName,
  most,
  idle,
  standby,
}: Pick<UnitPorts, "unitName" | "most" | "idle" | "standby">) {
  const sample = sampleSettings();
  const scaling = { idle, scaleSetName: "" };
  return sampleSettings({
    unit: { ...sample.unit, unitName },
    setup: {
      credentials: { by: "token", token: new Secret("a-token") },
      configuration: {
        ...sample.setup.configuration,
        ...{ count: most, scaling, standby },
        policy: { by: "nobody" },
        preJobScript: "",
      },
    },
  });
}

const PATIENCE = { startUpMs: 5 * 60_000, graceMs: 90_000 };
const DAY_MS = 86_400_000;
const FREE: Lock = { run: (work, signal) => work(signal) };
const done = () => Promise.resolve();
/** Explanations are for people, of whom there are none. */
const NOBODY: QueueSource = {
  read: () => Promise.reject(new Error("nobody asks")),
  groupRules: () => Promise.resolve(undefined),
  isPublic: () => Promise.resolve(undefined),
};

/** The unit's own work, in one process: all of it is the product's but for what the ports reach. */
export function openSimulatedWorkload(ports: UnitPorts): Workload {
  const { clock, entropy, files, forge, machines, metrics, most, standby } = ports;
  const { setup, integrations, unit } = settingsOf(ports);
  const { history } = files;
  const log = silentLogger;
  const logs = {
    pull: () => Promise.resolve("/logs"),
    keep: () => Promise.resolve("/logs"),
    lastWords: () => Promise.resolve(undefined),
    kept: () => Promise.resolve([]),
    delete: done,
  };
  const scopes = {
    present: ports.scope,
    remember: done,
    former: () => Promise.resolve([]),
    forget: done,
  };
  const memory = { total: 64 * 2 ** 30, available: 48 * 2 ** 30 };
  const manager = new RunnerManager(
    {
      ...{ forge, machines, logs, metrics, scopes, clock, log, entropy, lock: ports.lock },
      postMortem: new PostMortem({ logs, metrics, history, clock, log }),
      witness: new OnlineWitness(forge, clock),
    },
    {
      names: new RunnerNames(ports.unitName, "5e7d01"),
      patience: PATIENCE,
      idleLifetimeMs: DAY_MS,
      concurrency: 16,
      freezesStandby: true,
    },
  );
  return new Workload({
    ...setup,
    ...{ integrations, appName: unit.appName, policy: undefined, manager, log, close: done },
    system: { clock, arch: "x64", entropy } as unknown as UnitSystem,
    service: { pause: done, resume: done },
    host: {
      prepare: () => Promise.resolve([]),
      shortages: () => Promise.resolve([]),
      memory: () => Promise.resolve(memory),
      mayReboot: () => Promise.resolve(false),
    },
    images: openImages(ports),
    cluster: { isMember: () => Promise.resolve(false), evacuatedMember: () => Promise.resolve(undefined) },
    infrastructure: {
      ensure: () => Promise.resolve({ count: most, standby, notices: [] }),
      profiles: () => ["runner"],
      gateway: () => Promise.resolve(undefined),
      check: done,
      remove: () => Promise.resolve([]),
    },
    firewall: { ensure: () => Promise.resolve([]), remove: () => Promise.resolve([]) },
    rotation: { ensure: done },
    logs: { sweep: done },
    serverLogs: { sweep: done, remove: done },
    installed: files.installed,
    earlyEnds: files.earlyEnds,
    demand: files.demand,
    demandKey: ports.scope,
    github: { queue: NOBODY, scaleSet: undefined },
    formerPaths: {
      read: done,
      close: () => undefined,
      demand: () => Promise.resolve({ assigned: 0, running: 0, scopes: [], untried: [], notices: [] }),
    },
    history,
    standing: () => Promise.resolve(standingAt(null, clock.now())),
    readyLock: FREE,
    leaveStandby: () => Promise.resolve(true),
    step: () => undefined,
  });
}

/** Images are none of the simulation: they are built at once. */
function openImages({ clock, files, forge }: UnitPorts): ImageKeeper {
  const { application, failure, images, trial } = files;
  return new ImageKeeper(
    {
      ...{ forge, application, failure, trial, clock, lock: FREE, log: silentLogger, step: () => undefined },
      archives: { fetch: () => Promise.resolve("/archive") },
      images: {
        list: () => Promise.resolve(images),
        build: ({ key: recipe, programs }) => {
          const image = {
            fingerprint: "f".repeat(8),
            template: "template",
            recipe,
            programs,
            builtAt: clock.now(),
          };
          images.splice(0, images.length, image);
          return Promise.resolve(image);
        },
        prune: done,
      },
    },
    { base: { server: undefined, alias: "jammy" }, arch: "x64", packages: [] },
  );
}
