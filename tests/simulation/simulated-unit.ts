import { Secret, silentLogger } from "charm-kit";
import { ScaleSetSessionError } from "../../src/github/errors.ts";
import type { Forge, RunnerMetrics } from "../../src/runners/ports.ts";
import { DemandListener } from "../../src/service/demand-listener.ts";
import { DemandRounds } from "../../src/service/demand-rounds.ts";
import { followInstances } from "../../src/service/follow-instances.ts";
import { JobRoom } from "../../src/service/job-room.ts";
import type { DemandBatch, DemandSession, DemandSource, ServiceWork } from "../../src/service/ports.ts";
import { RunnerLoop } from "../../src/service/runner-loop.ts";
import { UnitRounds } from "../../src/service/unit-rounds.ts";
import { Wakes } from "../../src/service/wakes.ts";
import type { Chance } from "./chance.ts";
import type { SimulatedGithub, SimulatedSession, SimulatedSet } from "./github.ts";
import { SimulatedInstances } from "./instances.ts";
import type { Records, RequestKind } from "./records.ts";
import { never, ServiceLife, UnitLock } from "./service-life.ts";
import { openSimulatedWorkload, settingsOf, UnitFiles, type UnitPorts } from "./unit-workload.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface UnitOptions {
  readonly unitName: string;
  readonly idle: number;
  readonly standby: number;
}

export interface UnitParts {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly records: Records;
  readonly github: SimulatedGithub;
  readonly set: SimulatedSet;
}

const POLL_MS = 50_000;
/** GitHub ends a session that nobody polls. */
const SESSION_MS = 5 * 60_000;
/** systemd starts a killed service again. */
const RESTART_MS = 1000;

/** A unit with its machine. Its service, with everything that decides, is the product's; time, LXD and GitHub are not. */
export class SimulatedUnit {
  readonly #parts: UnitParts;
  readonly #options: UnitOptions;
  readonly #files = new UnitFiles();
  readonly #instances: SimulatedInstances;
  readonly #lock = new UnitLock();
  #life: ServiceLife | undefined;
  #listedVersion = -1;
  /** Number of jobs that were looked up for the metrics. */
  #lookedUp = 0;

  constructor(parts: UnitParts, options: UnitOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#instances = new SimulatedInstances({ ...parts, images: this.#files.images });
  }

  /** Builds its image, as the hooks of its deployment do, and starts its service. */
  async deploy(): Promise<void> {
    const life = new ServiceLife(this.#parts.time);
    await openSimulatedWorkload(this.#ports(life)).prepare(life.signal);
    this.start();
  }

  start(): void {
    const life = new ServiceLife(this.#parts.time);
    this.#life = life;
    this.#serve(life).catch((thrown: unknown) => {
      if (!life.signal.aborted)
        this.#parts.records.broken.push(`${this.#options.unitName}: ${String(thrown)}`);
    });
  }

  /** Ends the service in the middle of what it does; systemd starts it again. */
  kill(): void {
    const { records, time } = this.#parts;
    records.kills += 1;
    this.#life?.kill();
    time.after(RESTART_MS, () => {
      this.start();
    });
  }

  stop(): void {
    this.#life?.stop();
  }

  async #serve(life: ServiceLife): Promise<void> {
    const { chance, records } = this.#parts;
    const { clock } = life;
    const wakes = new Wakes(clock);
    const room = new JobRoom();
    const log = silentLogger;
    const random = () => chance.next();
    const ports = this.#ports(life);
    const settings = settingsOf(ports);
    const loop = new RunnerLoop({
      settings: { read: () => Promise.resolve(settings) },
      open: () => {
        const rounds = new UnitRounds(openSimulatedWorkload(ports));
        const listener = new DemandListener({
          source: this.#source(life),
          key: ports.scope,
          capacity: () => ports.most,
          room,
          record: {
            read: this.#files.demand.read,
            write: (heard) => (life.isKilled ? never() : this.#files.demand.write(heard)),
          },
          onChange: () => {
            wakes.wake("demand");
          },
          ...{ clock, log, random },
        });
        const counted: ServiceWork = {
          round: (options, signal) => {
            records.rounds += 1;
            return rounds.round(options, signal);
          },
          makeUpStandby: (interruption, signal) => rounds.makeUpStandby(interruption, signal),
          close: () => rounds.close(),
        };
        return new DemandRounds({ rounds: counted, listener, room, close: () => Promise.resolve() });
      },
      refresh: { ask: () => undefined },
      ...{ wakes, clock, log, random, onStatus: () => undefined, program: "simulated" },
    });
    this.#instances.onWord = () => {
      wakes.wake("instance");
    };
    const following = followInstances(
      {
        changes: {
          follow: (onOpen, onChange, signal) =>
            new Promise((_resolve, reject) => {
              this.#instances.onChange = onChange;
              onOpen();
              signal.addEventListener("abort", () => {
                reject(signal.reason as Error);
              });
            }),
        },
        isOurs: () => true,
        wake: (reason) => {
          wakes.wake(reason);
        },
        ...{ clock, log },
      },
      life.signal,
    );
    await Promise.all([loop.run(life.signal), following]);
  }

  #ports(life: ServiceLife): UnitPorts {
    const { chance, set } = this.#parts;
    return {
      ...this.#options,
      scope: set.path.name,
      most: set.most,
      clock: life.clock,
      entropy: () => chance.digits(),
      files: this.#files,
      forge: this.#forge(life),
      machines: this.#instances.for(life),
      metrics: this.#metrics(life),
      lock: this.#lock.for(life),
    };
  }

  #ask<T>(kind: RequestKind, life: ServiceLife, signal: AbortSignal, effect: () => T): Promise<T> {
    const { github, set } = this.#parts;
    return life.call(github.delay(kind), signal, () => github.carryOut(kind, set.path, effect));
  }

  #forge(life: ServiceLife): Forge {
    const { github, set } = this.#parts;
    const { path } = set;
    return {
      list: async (signal) => {
        const isSame = this.#listedVersion === path.version;
        const kind = isSame ? "rest: list of runners, unchanged" : "rest: list of runners";
        return this.#ask(kind, life, signal, () => {
          this.#listedVersion = path.version;
          return github.list(path);
        });
      },
      checkRegistration: () => Promise.resolve(),
      register: async (name, _labels, signal) => {
        const id = await this.#ask("registration", life, signal, () => github.register(set, name));
        return { by: "just-in-time", id, jitConfig: new Secret("configuration") };
      },
      deregister: (id, signal) =>
        this.#ask("rest: deregistration", life, signal, () => github.deregister(path, id)),
      application: (_arch, signal) =>
        this.#ask("rest: runner application", life, signal, () => ({
          version: "2.337.0",
          filename: "runner.tar.gz",
          downloadUrl: "https://github.example/runner.tar.gz",
          sha256: "ab".repeat(32),
          downloadToken: undefined,
        })),
    };
  }

  #metrics(life: ServiceLife): RunnerMetrics {
    return {
      share: () => Promise.resolve(undefined),
      ended: (names) => Promise.resolve(this.#instances.ended(names)),
      installed: () => Promise.resolve(),
      reconciled: async (_round, signal) => {
        // The job of each runner that has ended; what GitHub does not tell is missing in the metrics.
        for (; this.#lookedUp < this.#instances.finished; this.#lookedUp += 1)
          await this.#ask("rest: job for the metrics", life, signal, () => undefined).catch(() => undefined);
        return [];
      },
      recorded: () => Promise.resolve([]),
      report: (name) => Promise.resolve(this.#instances.report(name)),
      jobEnded: () => Promise.resolve(false),
      remove: () => Promise.resolve(),
    };
  }

  #source(life: ServiceLife): DemandSource {
    const { github, set } = this.#parts;
    return {
      ensure: () => Promise.resolve(1),
      figures: (signal) => this.#ask("figures", life, signal, () => github.figures(set)),
      open: (signal) => this.#ask("session", life, signal, () => this.#open(life)),
    };
  }

  #open(life: ServiceLife): DemandSession {
    const { github, set, time } = this.#parts;
    const other = set.session;
    if (other && (other.polls > 0 || time.now - other.lastContact < SESSION_MS)) {
      const state = "another session of this scale set is alive; GitHub ends it within minutes";
      throw new ScaleSetSessionError("open the session of the scale set", state);
    }
    const session: SimulatedSession = { polls: 0, lastContact: time.now };
    set.session = session;
    return {
      figures: github.figures(set),
      poll: async ({ capacity }, signal) => {
        await this.#ask("poll", life, signal, () => {
          if (set.session !== session) throw new Error("GitHub knows no such session");
          set.capacity = capacity;
          github.assign(set.path);
        });
        return this.#await(session, signal);
      },
      acknowledge: (_id, signal) => this.#ask("acknowledgement", life, signal, () => undefined),
      acquire: () => Promise.resolve(undefined),
      close: (signal) =>
        this.#ask("session", life, signal, () => {
          if (set.session !== session) return;
          set.session = undefined;
          set.capacity = 0;
        }),
    };
  }

  /** The answer to a poll: a batch, or nothing after a while. */
  #await(session: SimulatedSession, signal: AbortSignal): Promise<DemandBatch | undefined> {
    const { github, set, time } = this.#parts;
    const { promise, resolve, reject } = Promise.withResolvers<DemandBatch | undefined>();
    session.polls += 1;
    let isOpen = true;
    const end = (act: () => void) => {
      if (!isOpen) return;
      isOpen = false;
      set.onChange = undefined;
      session.polls -= 1;
      session.lastContact = time.now;
      silence();
      signal.removeEventListener("abort", abort);
      act();
    };
    const abort = () => {
      end(() => {
        reject(signal.reason as Error);
      });
    };
    const silence = time.after(POLL_MS, () => {
      end(() => {
        resolve(undefined);
      });
    });
    const answer = () => {
      if (set.session !== session) {
        end(() => {
          reject(new Error("GitHub knows no such session"));
        });
        return;
      }
      const batch = github.nextBatch(set);
      if (batch)
        end(() => {
          resolve(batch);
        });
    };
    const later = () => {
      set.onChange = undefined;
      time.after(github.messageDelay(), () => {
        if (!isOpen) return;
        set.onChange = later;
        answer();
      });
    };
    signal.addEventListener("abort", abort, { once: true });
    set.onChange = later;
    if (set.isDirty || set.session !== session) later();
    return promise;
  }
}
