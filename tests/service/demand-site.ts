import { type Redactor, silentLogger, Secret } from "charm-kit";
import { createGithubClient, parseGithubPath, type ScaleSetLedger } from "../../src/github/index.ts";
import { DemandListener } from "../../src/service/demand-listener.ts";
import type { JobRoom } from "../../src/service/job-room.ts";
import { SecondWitness } from "../../src/service/second-witness.ts";
import type { HeardDemand } from "../../src/unit/demand.ts";
import type { DemandHeard } from "../../src/unit/telemetry.ts";
import { startGithubStandIn, type GithubStandIn } from "../support/github/github-stand-in.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { soon } from "../support/patience.ts";
import { until } from "../support/rig/until.ts";

/** A GitHub stand-in, and the listeners of one unit to it; time that is skipped passes for both. */
export class DemandSite {
  readonly standIn: GithubStandIn;
  heard: HeardDemand | null = null;
  /** Whether nothing can be kept. */
  isDiskFull = false;
  /** Numbers of jobs of which the service was told, in order. */
  readonly told: number[] = [];
  /** What the metrics were told of the demand, and of waits, in order. */
  readonly shown: (DemandHeard | undefined)[] = [];
  readonly waits: number[] = [];
  /** Pauses that a listener made, in order, in milliseconds. */
  readonly pauses: number[] = [];
  readonly #ends: (() => Promise<void>)[] = [];

  private constructor(standIn: GithubStandIn) {
    this.standIn = standIn;
  }

  /** @param pollMs how long GitHub lets a poll wait. */
  static async start(pollMs = 40): Promise<DemandSite> {
    return new DemandSite(await startGithubStandIn({ protocol: { pollMs } }));
  }

  /** The scale set of the unit, for one process. */
  forge(
    change: {
      readonly labels?: readonly string[];
      readonly token?: string;
      readonly group?: string;
      readonly ownerLabel?: string;
      readonly name?: string;
      readonly ledger?: ScaleSetLedger;
      /** @default the organisation `octo` */
      readonly path?: string;
      /** The unit has left the path; this knows its scale sets there. @default it has not */
      readonly left?: ScaleSetLedger;
      /** The number of runners is fixed; this knows the scale sets from before. @default it is not */
      readonly unused?: ScaleSetLedger;
      /** @default secrets are in no text that is looked at */
      readonly redactor?: Redactor;
    } = {},
  ) {
    const { labels = ["linux", "x64"], token = STANDARD_TOKEN, group = "default", ownerLabel } = change;
    const all = ownerLabel === undefined ? labels : [...labels, ownerLabel];
    return createGithubClient({
      path: parseGithubPath(change.path ?? "octo"),
      githubUrl: this.standIn.url,
      credentials: { by: "token", token: new Secret(token) },
      group,
      log: silentLogger,
      clock: this.clock,
      scaleSetLedger: change.ledger,
      ...(change.redactor && { redactor: change.redactor }),
      leftScaleSets: change.left,
      unusedScaleSets: change.unused,
      scaleSet: change.unused
        ? undefined
        : { name: change.name ?? "runners-0", labels: all, ownerLabel, owner: "runners/0" },
    });
  }

  /** Starts the listener of one process. @returns it, and what kills it without a word to GitHub. */
  listen({ capacity = 10, key = "key", room }: { capacity?: number; key?: string; room?: JobRoom } = {}): {
    readonly listener: DemandListener;
    readonly kill: () => Promise<void>;
  } {
    const forge = this.forge();
    const source = forge.scaleSet;
    if (source === undefined) throw new Error("There is no scale set.");
    const ended = new AbortController();
    const random = () => 0.5;
    const listener = new DemandListener({
      source,
      secondWitness: new SecondWitness({
        ...{ queue: forge.queue, labels: ["linux", "x64"], scaleSet: source.name },
        capacity: () => Math.min(capacity, room?.now ?? capacity),
        ...{ clock: this.clock, log: silentLogger, random },
      }),
      ...{ key, capacity: () => capacity, room, clock: this.clock, log: silentLogger },
      record: {
        read: () => Promise.resolve(this.heard),
        write: (heard) => {
          if (this.isDiskFull) return Promise.reject(new Error("ENOSPC: no space left on device, write"));
          if (!ended.signal.aborted) this.heard = heard;
          return Promise.resolve();
        },
      },
      onChange: () => this.told.push(this.heard?.assigned ?? 0),
      telemetry: {
        onDemand: (heard) => this.shown.push(heard),
        onDemandMessage: ({ waits }) => this.waits.push(...waits),
      },
      random,
    });
    const running = listener.run(ended.signal).catch(() => undefined);
    this.#ends.push(async () => {
      ended.abort();
      await running;
      forge.close();
    });
    const kill = async () => {
      // A poll that is on its way would reach GitHub after the end. One without a session has told why.
      await until(
        "a poll, or why there is none",
        () => Promise.resolve(this.#polls() > 0 || listener.fault !== undefined),
        soon(),
      );
      // Nothing leaves this process any more, the end of the session neither.
      forge.close();
      ended.abort();
      await running;
      await until("the end of the polls", () => Promise.resolve(this.#polls() === 0), soon());
    };
    return { listener, kill };
  }

  /** How many polls are open. */
  #polls(): number {
    return [...this.standIn.scaleSets.all.values()].reduce(
      (sum, { session }) => sum + (session?.openPolls ?? 0),
      0,
    );
  }

  /** Lets time pass, a minute after the other, until a condition holds. */
  async passes(holds: () => boolean, mostMinutes = 180): Promise<void> {
    for (let minutes = 0; !holds(); minutes += 1) {
      if (minutes === mostMinutes) throw new Error(`It has not come to pass in ${minutes} minutes.`);
      await this.pass(60_000);
    }
  }

  /** Lets time pass, and a listener act on it: it polls again, or tries to open a session. */
  async pass(byMs: number): Promise<void> {
    const turns = () =>
      this.standIn.requests.filter(
        ({ method, route }) =>
          (method === "GET" && route === "scale-set-messages") ||
          (method === "POST" && route === "scale-set-sessions"),
      ).length;
    const before = turns();
    this.standIn.service.clock.advance(byMs);
    await until("what the listener does next", () => Promise.resolve(turns() > before), soon());
  }

  /** An idle runner of the scale set. */
  async connectRunner(): Promise<void> {
    const forge = this.forge();
    const signal = soon();
    const { id } = (await forge.scaleSet?.register("runners-0-1", signal)) ?? { id: 0 };
    const runner = this.standIn.service.runners.get(id);
    if (!runner) throw new Error("There is no runner.");
    this.standIn.service.connect(runner, { version: "2.337.0", os: "linux" });
    runner.openPolls += 1;
    this.#ends.push(() => {
      forge.close();
      return Promise.resolve();
    });
  }

  async queue(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1)
      await this.standIn.control("queue-job", { repository: "octo/hello", labels: ["linux"] });
  }

  /** Ends all queued jobs. */
  async cancelAll(): Promise<void> {
    for (const job of this.standIn.service.jobs.values()) this.standIn.service.cancel(job);
    await Promise.resolve();
  }

  /** Waits until the unit knows of so many jobs. */
  async knows(assigned: number): Promise<void> {
    await until(
      `${assigned} jobs`,
      () => Promise.resolve(this.heard?.assigned === assigned),
      soon(),
      () => `; the unit knows of ${this.heard?.assigned ?? "none"}`,
    );
  }

  /** Waits until the unit has heard of a message. */
  async hears(messageId: number): Promise<void> {
    const isHeard = () => Promise.resolve((this.heard?.lastMessageId ?? 0) >= messageId);
    await until(`message ${messageId}`, isHeard, soon());
  }

  async close(): Promise<void> {
    for (const end of this.#ends) await end();
    await this.standIn.close();
  }

  get clock() {
    const { clock } = this.standIn.service;
    return {
      now: () => clock.now(),
      // Pauses are short, so that tests are.
      wait: (delayMs: number, signal: AbortSignal) => {
        this.pauses.push(delayMs);
        return new Promise<void>((resolve, reject) => {
          const abort = () => {
            clearTimeout(timer);
            reject(signal.reason as Error);
          };
          const timer = setTimeout(
            () => {
              signal.removeEventListener("abort", abort);
              resolve();
            },
            Math.min(delayMs, 20),
          );
          if (signal.aborted) abort();
          else signal.addEventListener("abort", abort, { once: true });
        });
      },
    };
  }
}
