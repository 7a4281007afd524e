import type {
  BootstrapAnswer,
  GuestActivity,
  GuestReport,
  MachineNote,
  Machines,
  MachineState,
  RunnerImage,
  StandbySpec,
} from "../../src/runners/ports.ts";
import type { InstanceChange } from "../../src/service/ports.ts";
import type { Chance } from "./chance.ts";
import type { Guest, SimulatedGithub, SimulatedSet } from "./github.ts";
import type { Records, SimulatedJob } from "./records.ts";
import type { ServiceLife } from "./service-life.ts";
import type { VirtualTime } from "./virtual-time.ts";

interface Instance {
  readonly name: string;
  state: MachineState;
  role: "runner" | "standby";
  phase: "creating" | "ready";
  readonly configHash: string;
  scopeKey: string;
  createdAt: number;
  deadline: number;
  suspectSince: number | undefined;
  busySince: number | undefined;
  /** When its system is up. */
  bootedAt: number;
  activity: "none" | "starting" | "waiting" | "job" | "ended";
  endedAt: number | undefined;
  report: GuestReport | undefined;
}

/**
 * Times of LXD and of guests, in milliseconds: medians on the machine of the benchmarks, LXD's containers on btrfs. Each
 * further clone at the same time adds a quarter.
 */
const TAKES = {
  list: 20,
  clone: 450,
  start: 300,
  boot: 500,
  freeze: 60,
  unfreeze: 80,
  note: 15,
  inspect: 150,
  stop: 250,
  delete: 350,
  /** From the payload until the runner application is connected. */
  connect: 600,
  /** From the end of a job to the guest's word of it, and to the end of its instance. */
  word: 100,
  powerOff: 900,
} as const;
const SPREAD = 0.25;
const RETRY_MS = 10_000;

export interface InstancesParts {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly records: Records;
  readonly github: SimulatedGithub;
  readonly set: SimulatedSet;
  readonly images: readonly RunnerImage[];
}

/** The instances of one unit, whatever processes of it come and go. */
export class SimulatedInstances {
  readonly #parts: InstancesParts;
  readonly #all = new Map<string, Instance>();
  #cloning = 0;
  /** Number of jobs that have ended on them. */
  finished = 0;
  /** Told of LXD's events. */
  onChange: (change: InstanceChange) => void = () => undefined;
  /** Told when a guest says that its application has ended. */
  onWord: () => void = () => undefined;

  constructor(parts: InstancesParts) {
    this.#parts = parts;
  }

  /** Which of the runners say that their application has ended, and since when. */
  ended(names: readonly string[]): ReadonlyMap<string, number> {
    return new Map(
      names.flatMap((name) => {
        const endedAt = this.#all.get(name)?.endedAt;
        return endedAt === undefined ? [] : [[name, endedAt] as const];
      }),
    );
  }

  report(name: string): GuestReport | undefined {
    return this.#all.get(name)?.report;
  }

  /** As one process of the unit reaches them. */
  for(life: ServiceLife): Machines {
    const call = <T>(
      what: keyof typeof TAKES,
      signal: AbortSignal,
      effect: () => T,
      factor = 1,
    ): Promise<T> => life.call(this.#takes(what) * factor, signal, effect);
    const launch = async (
      { name, configHash, deadline }: StandbySpec,
      role: Instance["role"],
      scopeKey: string,
      signal: AbortSignal,
    ) => {
      this.#cloning += 1;
      const factor = 1 + (this.#cloning - 1) / 4;
      try {
        await call(
          "clone",
          signal,
          () => {
            this.#add({ name, configHash, deadline, role, scopeKey });
          },
          factor,
        );
        await call(
          "start",
          signal,
          () => {
            const instance = this.#get(name);
            instance.state = "running";
            instance.bootedAt = this.#parts.time.now + this.#takes("boot") * factor;
          },
          factor,
        );
      } catch (thrown) {
        this.#all.delete(name);
        throw thrown;
      } finally {
        this.#cloning -= 1;
      }
    };
    return {
      list: (signal) => call("list", signal, () => this.#list()),
      launch: (spec, signal) => launch(spec, "runner", spec.scopeKey, signal),
      launchStandby: (spec, signal) => launch(spec, "standby", "", signal),
      awaitStandby: async (name, signal) => {
        await this.#booted(name, life, signal);
      },
      take: (name, taking, signal) =>
        call("note", signal, () => {
          this.#parts.records.fromStandby += 1;
          Object.assign(this.#get(name), { ...taking, role: "runner", phase: "creating" });
        }),
      deliver: async (name, _payload, signal) => {
        await this.#booted(name, life, signal);
        return this.#deliver(name, life, signal);
      },
      note: (name, note, signal) =>
        call("note", signal, () => {
          this.#note(this.#get(name), note);
        }),
      inspect: (name, signal) => call("inspect", signal, () => activityOf(this.#all.get(name))),
      freeze: (name, signal) =>
        call("freeze", signal, () => {
          const instance = this.#all.get(name);
          if (instance?.state === "running") instance.state = "frozen";
          return "done";
        }),
      unfreeze: (name, signal) =>
        call("unfreeze", signal, () => {
          const instance = this.#all.get(name);
          if (instance?.state === "frozen") instance.state = "running";
        }),
      destroy: async (name, signal) => {
        await call("stop", signal, () => {
          const instance = this.#all.get(name);
          if (!instance) return;
          if (instance.activity === "job") this.#parts.records.killed += 1;
          instance.state = "stopped";
          this.#parts.github.disconnect(this.#parts.set, name);
        });
        await call("delete", signal, () => {
          this.#all.delete(name);
        });
        this.onChange({ action: "instance-deleted", instance: name });
      },
    };
  }

  #list(): Awaited<ReturnType<Machines["list"]>> {
    const of = (role: Instance["role"]) => [...this.#all.values()].filter((each) => each.role === role);
    return {
      runners: of("runner").map((each) => ({ ...each })),
      images: this.#parts.images,
      standby: of("standby").map((each) => ({ ...each, phase: "standby" as const })),
    };
  }

  #add(facts: Pick<Instance, "name" | "configHash" | "deadline" | "role" | "scopeKey">): void {
    if (this.#all.has(facts.name)) throw new Error(`Instance '${facts.name}' already exists`);
    this.#all.set(facts.name, {
      ...facts,
      state: "stopped",
      phase: "creating",
      createdAt: this.#parts.time.now,
      suspectSince: undefined,
      busySince: undefined,
      bootedAt: Infinity,
      activity: "none",
      endedAt: undefined,
      report: undefined,
    });
  }

  #note(instance: Instance, { phase, suspectSince, busySince }: MachineNote): void {
    if (phase) instance.phase = phase;
    if (suspectSince !== undefined) instance.suspectSince = suspectSince ?? undefined;
    if (busySince !== undefined) instance.busySince = busySince ?? undefined;
  }

  async #booted(name: string, life: ServiceLife, signal: AbortSignal): Promise<void> {
    const { bootedAt } = this.#get(name);
    await life.call(Math.max(0, bootedAt - this.#parts.time.now), signal, () => {
      if (this.#get(name).state !== "running") throw new Error(`Instance '${name}' does not run`);
    });
  }

  /** The application goes on connecting when the process that waits for it is gone. */
  #deliver(name: string, life: ServiceLife, signal: AbortSignal): Promise<BootstrapAnswer> {
    const instance = this.#get(name);
    instance.activity = "starting";
    const { promise, resolve, reject } = Promise.withResolvers<BootstrapAnswer>();
    const abort = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#connect(instance, (answer) => {
      signal.removeEventListener("abort", abort);
      if (!life.isKilled) resolve(answer);
    });
    return promise;
  }

  #connect(instance: Instance, answer: (answer: BootstrapAnswer) => void): void {
    const { github, records, set, time } = this.#parts;
    time.after(this.#takes("connect"), () => {
      if (!this.#isAlive(instance)) return;
      if (!github.accepts()) {
        time.after(RETRY_MS, () => {
          if (this.#isAlive(instance)) this.#connect(instance, answer);
        });
        return;
      }
      if (!github.connect(set, instance.name, this.#guest(instance))) {
        this.#end(instance);
        answer({ ended: 1 });
        return;
      }
      instance.activity = "waiting";
      records.runners += 1;
      answer("listening");
    });
  }

  #guest(instance: Instance): Guest {
    const { time } = this.#parts;
    const finish = (onEnd: () => void) => {
      // What is frozen goes on later.
      if (instance.state === "frozen") {
        time.after(100, () => {
          finish(onEnd);
        });
      } else if (instance.state === "running") {
        onEnd();
        this.finished += 1;
        this.#end(instance);
      }
    };
    const isRunning = () => instance.state === "running" && instance.activity === "waiting";
    return {
      get isRunning() {
        return isRunning();
      },
      startJob: (job: SimulatedJob, onEnd) => {
        instance.activity = "job";
        job.starts += 1;
        time.after(job.lengthMs, () => {
          finish(onEnd);
        });
      },
      drop: (livesOn) => {
        if (!livesOn) this.#end(instance);
      },
    };
  }

  /** The application ends: its guest says so, and the instance powers off. */
  #end(instance: Instance): void {
    const { time } = this.#parts;
    const { name } = instance;
    instance.activity = "ended";
    time.after(this.#takes("word"), () => {
      const at = time.now;
      instance.endedAt = at;
      const end = { status: "normal", code: 0, at };
      instance.report = {
        readyAt: instance.createdAt,
        job: undefined,
        end,
        output: "",
        isEarly: false,
        isLost: false,
      };
      this.onWord();
    });
    time.after(this.#takes("powerOff"), () => {
      if (!this.#isAlive(instance)) return;
      instance.state = "stopped";
      this.#parts.github.disconnect(this.#parts.set, name);
      this.onChange({ action: "instance-shutdown", instance: name });
    });
  }

  #isAlive(instance: Instance): boolean {
    return this.#all.get(instance.name) === instance && instance.state !== "stopped";
  }

  #get(name: string): Instance {
    const instance = this.#all.get(name);
    if (!instance) throw new Error(`Instance '${name}' not found`);
    return instance;
  }

  #takes(what: keyof typeof TAKES): number {
    return this.#parts.chance.logNormal(TAKES[what], SPREAD);
  }
}

function activityOf(instance: Instance | undefined): GuestActivity {
  if (instance?.state !== "running") return "unknown";
  if (instance.activity === "ended") return { ended: 0 };
  return instance.activity === "job" ? "job" : "waiting";
}
