import { expect } from "chai";
import { CodedError, silentLogger, systemClock } from "charm-kit";
import { RunnerLoop } from "../../src/service/runner-loop.ts";
import type { StandbyStep } from "../../src/runners/standby-keeper.ts";
import type { HookRequest, Round, RoundOptions } from "../../src/service/ports.ts";
import type { ServiceStatus } from "../../src/unit/service-status.ts";
import type { ReplanReasons } from "../../src/unit/replan-reasons.ts";
import { OutdatedSettingsError } from "../../src/service/unit-rounds.ts";
import { Wakes } from "../../src/service/wakes.ts";
import { ServiceSettingsError, type ServiceSettings } from "../../src/unit/service-settings.ts";
import { sampleSettings } from "./sample-settings.ts";

class LxdAwayError extends CodedError {
  readonly code = "lxd-unreachable";
}

class FullError extends CodedError {
  readonly code = "full";
}

const round = (names: readonly string[], change: Partial<Round> = {}): Round => ({
  counts: { online: names.length, busy: 0, offline: 0, unknown: 0, names, busyNames: [], standby: 0 },
  runners: names.map((name) => ({ name, state: "online", createdAt: 7 })),
  created: 0,
  failures: [],
  ofRemovals: [],
  notices: [],
  waiting: 0,
  capacity: 2,
  image: "current",
  ...change,
});

/** A loop whose rounds the test answers, with time that it moves. */
class Fixture {
  now = Date.UTC(2026, 0, 1);
  settings: ServiceSettings | Error = sampleSettings();
  /** How often the settings were read: once in each turn. */
  turns = 0;
  readonly rounds: (RoundOptions & { readonly revision: number })[] = [];
  readonly closed: number[] = [];
  readonly refreshed: number[] = [];
  readonly asked: HookRequest[] = [];
  tell: (message: string) => void = () => undefined;
  /** Reasons to plan again in the last round. */
  reasons: ReplanReasons | undefined;
  answer: () => Promise<Round> = () => Promise.resolve(round(["a", "b"]));
  /** A step towards the wanted standby instances. */
  step: (interruption: AbortSignal) => Promise<StandbyStep> = () =>
    Promise.resolve({ standby: 0, isDone: true });
  readonly wakes: Wakes;
  readonly loop: RunnerLoop;
  readonly #stop = new AbortController();
  readonly #done: Promise<unknown>;
  #statuses = new Set<(status: ServiceStatus) => void>();
  readonly #timers: { readonly at: number; readonly fire: () => void }[] = [];

  constructor() {
    const clock = {
      now: () => this.now,
      wait: (delayMs: number, signal: AbortSignal) =>
        delayMs <= 50
          ? systemClock.wait(0, signal)
          : new Promise<void>((resolve, reject) => {
              signal.addEventListener("abort", () => {
                reject(signal.reason as Error);
              });
              this.#timers.push({ at: this.now + delayMs, fire: resolve });
            }),
    };
    this.wakes = new Wakes(clock);
    this.loop = new RunnerLoop({
      settings: {
        read: () => {
          this.turns += 1;
          return this.settings instanceof Error
            ? Promise.reject(this.settings)
            : Promise.resolve(this.settings);
        },
      },
      open: ({ revision }, step) => ({
        round: ({ replanReasons, ...options }) => {
          this.tell = step;
          this.reasons = replanReasons;
          this.rounds.push({ revision, ...options });
          return this.answer();
        },
        makeUpStandby: (interruption) => this.step(interruption),
        close: () => {
          this.closed.push(revision);
          return Promise.resolve();
        },
      }),
      wakes: this.wakes,
      refresh: {
        ask: ({ revision }, hook) => {
          this.refreshed.push(revision);
          this.asked.push(hook);
        },
      },
      clock,
      log: silentLogger,
      random: () => 0.5,
      onStatus: (status) => {
        for (const tell of this.#statuses) tell(status);
      },
      program: "test",
    });
    this.#done = this.loop.run(this.#stop.signal).catch((thrown: unknown) => thrown);
  }

  /** Resolves with the first status that passes. */
  async shows(test: (status: ServiceStatus) => boolean): Promise<ServiceStatus> {
    if (test(this.loop.status)) return this.loop.status;
    return new Promise((resolve) => {
      const tell = (status: ServiceStatus) => {
        if (!test(status)) return;
        this.#statuses.delete(tell);
        resolve(status);
      };
      this.#statuses.add(tell);
    });
  }

  /** Resolves when a number of rounds are over. */
  async rounded(count: number): Promise<void> {
    await this.shows(({ activity }) => activity.state === "waiting" && this.rounds.length >= count);
    await new Promise(setImmediate);
  }

  /** Pauses the settings; resolves when so many rounds are over. */
  pauses(count: number): Promise<ServiceStatus> {
    this.settings = sampleSettings({ revision: 2, paused: "path: missing" });
    this.wakes.wake("settings");
    return this.restsPaused(count);
  }

  async restsPaused(count: number): Promise<ServiceStatus> {
    const shown = await this.shows(
      ({ activity }) =>
        activity.state === "paused" && activity.since === undefined && this.rounds.length >= count,
    );
    await new Promise(setImmediate);
    return shown;
  }

  pass(milliseconds: number): void {
    this.now += milliseconds;
    for (const timer of this.#timers.splice(0)) {
      if (timer.at <= this.now) timer.fire();
      else this.#timers.push(timer);
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("stop"));
    await this.#done;
  }
}

describe("RunnerLoop", () => {
  let fixture: Fixture;
  beforeEach(() => {
    fixture = new Fixture();
  });
  afterEach(() => fixture.stop());

  it("begins with a whole round, and looks at the runners alone when an instance has ended", async () => {
    await fixture.rounded(1);
    fixture.wakes.wake("instance");
    await fixture.rounded(2);
    expect(fixture.rounds.map(({ isWhole }) => isWhole)).to.deep.equal([true, false]);
    expect(fixture.loop.status).to.deep.include({ revision: 1, wanted: 2, unit: "runners/0" });
    expect(fixture.loop.status.counts?.names).to.deep.equal(["a", "b"]);
  });

  it("makes standby instances after a round, and shows their number", async () => {
    let made = 0;
    fixture.step = () => Promise.resolve({ standby: ++made, isDone: made === 2 });
    const { counts } = await fixture.shows((status) => status.counts?.standby === 2);
    expect(counts?.names).to.deep.equal(["a", "b"]);
    expect(fixture.rounds).to.have.length(1);
    await fixture.rounded(1);
    expect(fixture.refreshed).to.have.length(2);
  });

  it("leaves standby instances as soon as an instance ends, and goes on with them after the round", async () => {
    const steps: string[] = [];
    fixture.step = (interruption) => {
      steps.push(`after round ${fixture.rounds.length}`);
      if (steps.length > 1) return Promise.resolve({ standby: 1, isDone: true });
      fixture.wakes.wake("instance");
      expect(interruption.aborted).to.equal(true);
      return Promise.resolve({ standby: 0, isDone: false });
    };
    await fixture.shows((status) => status.counts?.standby === 1);
    expect(steps).to.deep.equal(["after round 1", "after round 2"]);
  });

  it("creates runners while standby instances cannot be made, and tries these again after a pause", async () => {
    let tries = 0;
    fixture.step = () => {
      tries += 1;
      return tries === 1
        ? Promise.reject(new LxdAwayError("no room"))
        : Promise.resolve({ standby: 1, isDone: true });
    };
    await fixture.rounded(1);
    fixture.wakes.wake("instance");
    await fixture.rounded(2);
    expect([tries, fixture.loop.status.failures]).to.deep.equal([1, []]);
    fixture.pass(3_000);
    await fixture.shows((status) => status.counts?.standby === 1);
    expect(tries).to.equal(2);
  });

  it("tells why standby instances cannot be made until they can be, and asks for a hook that shows it", async () => {
    fixture.answer = () => Promise.resolve(round(["a", "b"], { notices: ["4 jobs wait (longest 8 s)"] }));
    fixture.step = () =>
      Promise.reject(new Error("Cannot clone", { cause: new FullError("the pool is full") }));
    const told = ["4 jobs wait (longest 8 s)", "no standby instance: the pool is full"];
    await fixture.shows(({ notices }) => notices.length === 2);
    await fixture.rounded(1);
    expect(fixture.loop.status).to.deep.include({ notices: told, failures: [] });
    expect(fixture.refreshed).to.have.length(2);
    fixture.wakes.wake("instance");
    await fixture.rounded(2);
    expect(fixture.loop.status.notices).to.deep.equal(told);
    expect(fixture.refreshed).to.have.length(2);
    fixture.step = () => Promise.resolve({ standby: 1, isDone: true });
    fixture.pass(3_000);
    await fixture.shows(({ notices }) => notices.length === 1);
    await fixture.rounded(3);
    expect(fixture.refreshed).to.have.length(3);
  });

  it("tries standby instances again at once when somebody asks for a round, and when LXD is back", async () => {
    let tries = 0;
    fixture.step = () => {
      tries += 1;
      return Promise.reject(new FullError("the pool is full"));
    };
    await fixture.shows(({ notices }) => notices.length === 1);
    fixture.wakes.wake("instance");
    await fixture.rounded(2);
    expect(tries).to.equal(1);
    for (const wake of ["request", "runners", "reconnected"] as const) {
      const rounds = fixture.rounds.length;
      fixture.wakes.wake(wake);
      await fixture.rounded(rounds + 1);
    }
    expect(tries).to.equal(4);
  });

  it("makes standby instances at once with other settings, and takes those in force meanwhile for no failure", async () => {
    let tries = 0;
    fixture.step = () => {
      tries += 1;
      return Promise.reject(new FullError("the pool is full"));
    };
    await fixture.shows(({ notices }) => notices.length === 1);
    fixture.step = () => {
      tries += 1;
      fixture.settings = sampleSettings({ revision: 3 });
      fixture.wakes.wake("settings");
      fixture.step = () => {
        tries += 1;
        return Promise.resolve({ standby: 1, isDone: true });
      };
      return Promise.reject(new OutdatedSettingsError(2));
    };
    fixture.settings = sampleSettings({ revision: 2 });
    fixture.wakes.wake("settings");
    await fixture.shows(({ counts }) => counts?.standby === 1);
    await fixture.rounded(3);
    expect(tries).to.equal(3);
    expect(fixture.loop.status.notices).to.deep.equal([]);
  });

  it("answers a request after a whole round that began later, and while there can be none", async () => {
    await fixture.rounded(1);
    const first = Promise.withResolvers<Round>();
    fixture.answer = () => first.promise;
    fixture.wakes.wake("instance");
    await fixture.shows(({ activity }) => activity.state === "working");
    const asked = fixture.loop.request();
    first.resolve(round(["a"]));
    fixture.answer = () => Promise.resolve(round(["a", "b", "c"]));
    expect((await asked).counts?.names).to.deep.equal(["a", "b", "c"]);
    expect(fixture.rounds.map(({ isWhole }) => isWhole)).to.deep.equal([true, false, true]);
    fixture.settings = { ...sampleSettings(), revision: 9, paused: "no path" };
    expect((await fixture.loop.request()).activity).to.deep.equal({ state: "paused", reason: "no path" });
    expect(fixture.rounds.at(-1)).to.include({ isWhole: false, mostCreations: 0 });
  });

  it("does a whole round after the interval of the settings", async () => {
    await fixture.rounded(1);
    fixture.pass(11 * 60_000);
    expect(fixture.rounds).to.have.length(1);
    fixture.pass(60_000);
    await fixture.rounded(2);
    expect(fixture.rounds[1]?.isWhole).to.equal(true);
  });

  const wholeness = () => fixture.rounds.map(({ isWhole }) => isWhole);

  it("does a whole round at once when LXD tells of a change of pool, bridge, profiles or firewall", async () => {
    await fixture.rounded(1);
    fixture.wakes.wake("infrastructure");
    await fixture.rounded(2);
    fixture.wakes.wake("instance");
    await fixture.rounded(3);
    expect(wholeness()).to.deep.equal([true, true, false]);
  });

  it("does whole rounds once in the interval, however many runners end meanwhile", async () => {
    await fixture.rounded(1);
    for (let ends = 1; ends <= 12; ends += 1) {
      fixture.pass(60_000);
      await new Promise(setImmediate);
      fixture.wakes.wake("instance");
      await fixture.rounded(ends + 1);
    }
    expect(wholeness().slice(0, 10)).to.deep.equal([true, ...Array.from({ length: 9 }, () => false)]);
    expect(wholeness().filter(Boolean)).to.have.length(2);
  });

  it("counts the interval from the last whole round", async () => {
    await fixture.rounded(1);
    fixture.pass(9 * 60_000);
    fixture.wakes.wake("instance");
    await fixture.rounded(2);
    // 11.25 minutes after the first one.
    fixture.pass(3 * 60_000);
    await fixture.rounded(3);
    expect(wholeness()).to.deep.equal([true, false, true]);
  });

  it("checks what runners stand on again after a creation that failed, and after a whole round that failed", async () => {
    await fixture.rounded(1);
    fixture.answer = () => Promise.resolve(round(["a"], { failures: [new FullError("no room")] }));
    fixture.wakes.wake("instance");
    await fixture.rounded(2);
    fixture.answer = () => Promise.reject(new LxdAwayError("LXD is away"));
    fixture.wakes.wake("instance");
    await fixture.rounded(3);
    fixture.answer = () => Promise.resolve(round(["a", "b"]));
    fixture.pass(10_000);
    await fixture.rounded(4);
    fixture.wakes.wake("instance");
    await fixture.rounded(5);
    expect(wholeness()).to.deep.equal([true, false, true, true, false]);
  });

  it("checks it again when the clock was set back", async () => {
    await fixture.rounded(1);
    fixture.now -= 60 * 60_000;
    fixture.wakes.wake("instance");
    await fixture.rounded(2);
    expect(wholeness()).to.deep.equal([true, true]);
  });

  it("looks at the runners alone for those who ask for that", async () => {
    await fixture.rounded(1);
    await fixture.loop.request("runners");
    await fixture.loop.request();
    expect(wholeness()).to.deep.equal([true, false, true]);
  });

  it("opens its work anew for newer settings, and never goes back to older ones", async () => {
    await fixture.rounded(1);
    fixture.settings = sampleSettings({ revision: 3 });
    fixture.wakes.wake("settings");
    await fixture.rounded(2);
    fixture.settings = sampleSettings({ revision: 2 });
    fixture.wakes.wake("settings");
    await fixture.rounded(3);
    expect(fixture.rounds.map(({ revision }) => revision)).to.deep.equal([1, 3, 3]);
    expect(fixture.closed).to.deep.equal([1]);
  });

  it("keeps its settings while the file cannot be used, and tells why", async () => {
    await fixture.rounded(1);
    fixture.settings = new ServiceSettingsError("/x", "damaged", "is damaged");
    fixture.wakes.wake("settings");
    await fixture.rounded(2);
    expect(fixture.loop.status.settingsFault).to.match(/is damaged; the next hook writes it again/);
    expect(fixture.rounds.at(-1)?.revision).to.equal(1);
  });

  it("works with settings of whatever revision that replace a file that could not be used", async () => {
    fixture.settings = sampleSettings({ revision: 5 });
    await fixture.rounded(1);
    for (const [revision, fault] of [
      [3, "damaged"],
      [2, "open to others"],
    ] as const) {
      const rounds = fixture.rounds.length;
      fixture.settings = new ServiceSettingsError("/x", fault, "cannot be used");
      fixture.wakes.wake("settings");
      await fixture.rounded(rounds + 1);
      // A hook takes a revision from its clock then, which was set back.
      fixture.settings = sampleSettings({ revision });
      fixture.wakes.wake("settings");
      await fixture.rounded(rounds + 2);
    }
    expect(fixture.rounds.map(({ revision }) => revision)).to.deep.equal([5, 5, 3, 3, 2]);
    expect(fixture.loop.status).to.include({ revision: 2, settingsFault: undefined });
    expect(fixture.closed).to.deep.equal([5, 3]);
  });

  it("goes on with its settings when their file, which could not be used, is as it was before", async () => {
    await fixture.rounded(1);
    fixture.settings = new ServiceSettingsError("/x", "open to others", "cannot be used");
    fixture.wakes.wake("settings");
    await fixture.rounded(2);
    fixture.settings = sampleSettings();
    fixture.wakes.wake("settings");
    await fixture.rounded(3);
    expect(fixture.rounds.map(({ revision }) => revision)).to.deep.equal([1, 1, 1]);
    expect(fixture.closed).to.deep.equal([]);
  });

  it("ends its work when the settings are deleted, as before the removal of the unit", async () => {
    await fixture.rounded(1);
    fixture.settings = new ServiceSettingsError("/x", "missing", "does not exist");
    fixture.wakes.wake("settings");
    await fixture.shows(({ activity }) => activity.state === "without settings");
    fixture.wakes.wake("instance");
    await idle();
    expect(fixture.rounds).to.have.length(1);
    expect(fixture.closed).to.deep.equal([1]);
  });

  it("only removes what has ended while the settings are paused, and never seems to be well meanwhile", async () => {
    let steps = 0;
    fixture.step = () => {
      steps += 1;
      return Promise.resolve({ standby: 0, isDone: true });
    };
    await fixture.rounded(1);
    await idle();
    const states = new Set<string>();
    void fixture.shows(({ activity }) => {
      if (fixture.rounds.length > 1) states.add(activity.state);
      return false;
    });
    fixture.answer = () => Promise.resolve(round(["b"]));
    const paused = await fixture.pauses(2);
    fixture.wakes.wake("instance");
    await fixture.restsPaused(3);
    await idle();
    const options = { revision: 2, isWhole: false, mostCreations: 0, isPaused: true };
    expect(fixture.rounds.slice(1)).to.deep.equal([options, options]);
    expect([...states]).to.deep.equal(["paused"]);
    expect(paused.activity).to.deep.equal({ state: "paused", reason: "path: missing" });
    expect(paused.counts?.names).to.deep.equal(["b"]);
    expect(steps).to.equal(1);
    expect(fixture.refreshed).to.deep.equal([1]);
  });

  it("tells since when a round of paused settings works, for the watchdog, and tries it again when LXD was away", async () => {
    await fixture.rounded(1);
    let shown: unknown;
    fixture.answer = () => {
      shown = fixture.loop.status.activity;
      return Promise.reject(new LxdAwayError("LXD is away"));
    };
    const failed = await fixture.pauses(2);
    expect(shown).to.deep.equal({ state: "paused", reason: "path: missing", since: fixture.now });
    expect(failed.failures.map(({ cause }) => cause)).to.deep.equal(["lxd-unreachable"]);
    fixture.answer = () => Promise.resolve(round([]));
    fixture.pass(2000);
    const { failures, counts } = await fixture.restsPaused(3);
    expect([failures, counts?.names]).to.deep.equal([[], []]);
  });

  it("waits after a failure, twice as long after the next, and then tries again by itself", async () => {
    fixture.answer = () => Promise.reject(new LxdAwayError("LXD is away"));
    await fixture.rounded(1);
    expect(fixture.loop.status.failures).to.deep.equal([
      {
        cause: "lxd-unreachable",
        concern: "round",
        count: 1,
        reason: "LXD is away",
        error: { message: "LXD is away", code: "lxd-unreachable" },
        nextAt: fixture.now + 2000,
      },
    ]);
    expect(fixture.loop.status.nextAttemptAt).to.equal(fixture.now + 2000);
    fixture.wakes.wake("instance");
    await idle();
    expect(fixture.rounds).to.have.length(1);
    fixture.pass(2000);
    await fixture.rounded(2);
    expect(fixture.loop.status.failures[0]).to.include({ count: 2, nextAt: fixture.now + 4000 });
  });

  it("does not wait for the end of a back-off when a person, a hook or LXD's return asks for a round", async () => {
    fixture.answer = () => Promise.reject(new LxdAwayError("LXD is away"));
    await fixture.rounded(1);
    fixture.wakes.wake("request");
    await fixture.rounded(2);
    fixture.answer = () => Promise.resolve(round(["a"], { created: 1 }));
    fixture.wakes.wake("reconnected");
    await fixture.rounded(3);
    expect(fixture.loop.status.failures).to.deep.equal([]);
  });

  it("asks for a refresh of the unit's status when what it shows has changed, and only then", async () => {
    await fixture.rounded(1);
    fixture.wakes.wake("instance");
    await fixture.rounded(2);
    expect(fixture.refreshed).to.deep.equal([1]);
    fixture.answer = () => Promise.resolve(round(["a"]));
    fixture.wakes.wake("instance");
    await fixture.rounded(3);
    expect(fixture.refreshed).to.deep.equal([1, 1]);
  });

  const failing = (...failures: readonly Error[]) => round(["a"], { failures });
  /** As many turns as a busy loop would use, however long they take. */
  const idle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  };

  it("tells why a round did nothing beside what it knew, until one ends well", async () => {
    await fixture.rounded(1);
    fixture.answer = () => Promise.reject(new LxdAwayError("LXD is away"));
    fixture.wakes.wake("request");
    await fixture.rounded(2);
    const { fault, counts } = fixture.loop.status;
    expect(fault).to.deep.equal({ message: "LXD is away", code: "lxd-unreachable" });
    expect(counts?.names).to.deep.equal(["a", "b"]);
    expect(fixture.refreshed).to.deep.equal([1, 1]);
    fixture.answer = () => Promise.resolve(round(["a"]));
    fixture.wakes.wake("request");
    await fixture.rounded(3);
    expect(fixture.loop.status.fault).to.equal(undefined);
  });

  it("rests until the last cause of missing runners may be tried again", async () => {
    fixture.answer = () => Promise.resolve(failing(new FullError("full")));
    await fixture.rounded(1);
    fixture.answer = () => Promise.resolve(failing(new FullError("full"), new LxdAwayError("away")));
    fixture.wakes.wake("request");
    await fixture.rounded(2);
    // The one waits for two seconds, the other for four.
    const { nextAttemptAt, failures } = fixture.loop.status;
    expect(nextAttemptAt).to.equal(fixture.now + 4000);
    expect(failures.map(({ cause }) => cause)).to.deep.equal(["lxd-unreachable", "full"]);
    fixture.pass(2000);
    await idle();
    expect(fixture.rounds).to.have.length(2);
    fixture.pass(2000);
    await fixture.rounded(3);
    await idle();
    expect(fixture.rounds).to.have.length(3);
  });

  it("removes used runners while creations wait, and creates as soon as they may be tried", async () => {
    fixture.answer = () => Promise.resolve(failing(new FullError("full")));
    await fixture.rounded(1);
    fixture.answer = () => Promise.resolve(round(["a"]));
    fixture.wakes.wake("instance");
    await fixture.rounded(2);
    expect(fixture.rounds[1]?.mostCreations).to.equal(0);
    expect(fixture.loop.status.failures.map(({ cause }) => cause)).to.deep.equal(["full"]);
    fixture.pass(2000);
    await fixture.rounded(3);
    expect(fixture.rounds[2]?.mostCreations).to.equal(undefined);
    expect(fixture.loop.status.failures).to.deep.equal([]);
  });

  it("creates at once after a round that outlasted the wait of creations", async () => {
    fixture.answer = () => Promise.resolve(failing(new FullError("full")));
    await fixture.rounded(1);
    fixture.answer = () => {
      fixture.now += 5000;
      fixture.answer = () => Promise.resolve(round(["a", "b"], { created: 1 }));
      return Promise.resolve(round(["a"]));
    };
    fixture.wakes.wake("instance");
    await fixture.rounded(3);
    expect(fixture.rounds.map(({ mostCreations }) => mostCreations)).to.deep.equal([undefined, 0, undefined]);
    await idle();
    expect(fixture.rounds).to.have.length(3);
  });

  it("creates at once after standby instances whose making outlasted the wait of creations", async () => {
    fixture.answer = () => Promise.resolve(failing(new FullError("full")));
    await fixture.rounded(1);
    fixture.answer = () => Promise.resolve(round(["a"]));
    fixture.step = () => {
      fixture.now += 5000;
      fixture.step = () => Promise.resolve({ standby: 1, isDone: true });
      fixture.answer = () => Promise.resolve(round(["a", "b"], { created: 1 }));
      return Promise.resolve({ standby: 1, isDone: true });
    };
    fixture.wakes.wake("instance");
    await fixture.rounded(3);
    expect(fixture.rounds.map(({ mostCreations }) => mostCreations)).to.deep.equal([undefined, 0, undefined]);
    await idle();
    expect(fixture.rounds).to.have.length(3);
  });

  it("tries one runner after several failures, and the others at once when it is there", async () => {
    fixture.answer = () => Promise.resolve(failing(new FullError("full")));
    await fixture.rounded(1);
    fixture.pass(2000);
    await fixture.rounded(2);
    fixture.answer = () => {
      fixture.answer = () => Promise.resolve(round(["a", "b", "c"], { created: 1 }));
      return Promise.resolve(round(["a", "b"], { created: 1 }));
    };
    fixture.pass(4000);
    await fixture.rounded(4);
    expect(fixture.rounds.map(({ mostCreations }) => mostCreations)).to.deep.equal([
      undefined,
      undefined,
      1,
      undefined,
    ]);
    await idle();
    expect(fixture.rounds).to.have.length(4);
  });

  it("goes on creating while a removal fails", async () => {
    const stuck = new FullError("in use");
    fixture.answer = () => Promise.resolve(round(["a"], { failures: [stuck], ofRemovals: [stuck] }));
    await fixture.rounded(1);
    fixture.wakes.wake("instance");
    await fixture.rounded(2);
    expect(fixture.rounds[1]?.mostCreations).to.equal(undefined);
    expect(fixture.loop.status.failures[0]).to.include({ cause: "full", concern: "removal", count: 2 });
  });

  it("works at once with settings that a hook wrote while it waited for the lock", async () => {
    fixture.answer = () => {
      fixture.settings = sampleSettings({ revision: 2 });
      fixture.answer = () => Promise.resolve(round(["a"]));
      return Promise.reject(new OutdatedSettingsError(1));
    };
    await fixture.rounded(2);
    expect(fixture.rounds.map(({ revision, isWhole }) => [revision, isWhole])).to.deep.equal([
      [1, true],
      [2, true],
    ]);
    expect(fixture.loop.status).to.deep.include({ failures: [], fault: undefined });
  });

  it("waits longer each time while its settings are outdated and no newer ones can be read", async () => {
    fixture.answer = () => {
      fixture.settings = new ServiceSettingsError("/x", "damaged", "is damaged");
      return Promise.reject(fixture.settings);
    };
    await fixture.rounded(1);
    await idle();
    expect(fixture.rounds).to.have.length(1);
    expect(fixture.loop.status.settingsFault).to.match(/is damaged/);
    fixture.pass(2000);
    await fixture.rounded(2);
    expect(fixture.loop.status.failures[0]).to.include({ cause: "service-settings", count: 2 });
    fixture.wakes.wake("settings");
    await idle();
    expect(fixture.rounds).to.have.length(2);
  });

  it("goes on after the clock was set back", async () => {
    fixture.answer = () => Promise.reject(new LxdAwayError("LXD is away"));
    await fixture.rounded(1);
    fixture.now -= 3_600_000;
    fixture.wakes.wake("instance");
    await fixture.rounded(2);
    expect(fixture.loop.status.nextAttemptAt).to.equal(fixture.now + 4000);
  });

  it("rests where an earlier cause waits again once a clock that was set back has caught up", async () => {
    fixture.answer = () => Promise.reject(new LxdAwayError("LXD is away"));
    await fixture.rounded(1);
    fixture.pass(2000);
    await fixture.rounded(2);
    fixture.now -= 1000;
    fixture.answer = () => Promise.reject(new FullError("the disk is full"));
    fixture.wakes.wake("instance");
    await fixture.rounded(3);
    fixture.pass(2000);
    const before = fixture.turns;
    await idle();
    expect(fixture.turns - before).to.be.lessThan(3);
    fixture.pass(3000);
    await fixture.rounded(4);
  });

  it("asks for a hook that builds an image when GitHub refuses the application of this one", async () => {
    fixture.answer = () => Promise.resolve(round(["a"], { image: "refused" }));
    await fixture.rounded(1);
    fixture.wakes.wake("instance");
    await fixture.rounded(2);
    expect(fixture.asked).to.deep.equal(["reconcile-runners"]);
  });

  it("works again with settings that end a pause", async () => {
    await fixture.pauses(1);
    fixture.settings = sampleSettings({ revision: 3 });
    fixture.wakes.wake("settings");
    await fixture.rounded(2);
    expect(fixture.rounds.at(-1)).to.deep.equal({ revision: 3, isWhole: true, mostCreations: undefined });
  });

  it("tells what each runner does, and since when", async () => {
    const runners = (state: "online" | "busy") => [
      { name: "a", state, createdAt: 7 },
      { name: "b", state: "busy" as const, createdAt: 8 },
    ];
    fixture.answer = () => Promise.resolve(round(["a", "b"], { runners: runners("online") }));
    await fixture.rounded(1);
    const first = fixture.now;
    expect(fixture.loop.status.runners).to.deep.equal([
      { name: "a", state: "online", since: 7 },
      { name: "b", state: "busy", since: first },
    ]);
    fixture.now += 5000;
    fixture.answer = () => Promise.resolve(round(["a", "b"], { runners: runners("busy") }));
    fixture.wakes.wake("request");
    await fixture.rounded(2);
    expect(fixture.loop.status.runners).to.deep.equal([
      { name: "a", state: "busy", since: fixture.now },
      { name: "b", state: "busy", since: first },
    ]);
  });

  it("shows at once that a runner is busy whose guest says so, until GitHub's list has had time to show it", async () => {
    await fixture.rounded(1);
    await idle();
    const asked = fixture.asked.length;
    fixture.pass(1000);
    fixture.loop.jobStarted("b");
    const began = fixture.now;
    expect(fixture.loop.status.counts).to.deep.include({ online: 1, busy: 1, busyNames: ["b"] });
    expect(fixture.loop.status.runners).to.deep.equal([
      { name: "a", state: "online", since: 7 },
      { name: "b", state: "busy", since: began },
    ]);
    expect(fixture.rounds).to.have.length(1);
    expect(fixture.asked.slice(asked)).to.deep.equal(["update-status"]);
    // GitHub's list does not show it yet.
    fixture.pass(5000);
    fixture.wakes.wake("instance");
    await fixture.rounded(2);
    expect(fixture.loop.status.counts?.busyNames).to.deep.equal(["b"]);
    expect(fixture.loop.status.runners[1]).to.deep.equal({ name: "b", state: "busy", since: began });
    // It was not true.
    fixture.pass(5000);
    fixture.wakes.wake("instance");
    await fixture.rounded(3);
    expect(fixture.loop.status.counts).to.deep.include({ online: 2, busy: 0, busyNames: [] });
  });

  it("shows no job of a runner that GitHub lists no more: it has ended", async () => {
    await fixture.rounded(1);
    fixture.loop.jobStarted("b");
    const { counts } = round(["a", "b"]);
    const runners = [
      { name: "a", state: "online" as const, createdAt: 7 },
      { name: "b", state: "unknown" as const, createdAt: 7 },
    ];
    fixture.answer = () =>
      Promise.resolve(round(["a", "b"], { runners, counts: { ...counts, online: 1, unknown: 1 } }));
    fixture.wakes.wake("instance");
    await fixture.rounded(2);
    expect(fixture.loop.status.counts).to.deep.include({ online: 1, unknown: 1, busy: 0, busyNames: [] });
    expect(fixture.loop.status.runners[1]?.state).to.equal("unknown");
  });

  it("shows nothing of a runner that it does not know, or that is busy already", async () => {
    fixture.answer = () => {
      const { counts } = round(["a", "b"]);
      const runners = [
        { name: "a", state: "busy" as const, createdAt: 7 },
        { name: "b", state: "online" as const, createdAt: 7 },
      ];
      return Promise.resolve(
        round(["a", "b"], { runners, counts: { ...counts, online: 1, busy: 1, busyNames: ["a"] } }),
      );
    };
    fixture.loop.jobStarted("a");
    await fixture.rounded(1);
    const { counts } = fixture.loop.status;
    fixture.loop.jobStarted("a");
    fixture.loop.jobStarted("somebody-elses");
    expect(fixture.loop.status.counts).to.equal(counts);
    expect(counts).to.deep.include({ online: 1, busy: 1, busyNames: ["a"] });
  });

  it("tells what is being made while it works, and not afterwards", async () => {
    let shown: unknown;
    fixture.answer = () => {
      fixture.tell("Starting runners 1/2");
      shown = fixture.loop.status.activity;
      return Promise.resolve(round(["a", "b"]));
    };
    await fixture.rounded(1);
    expect(shown).to.include({ state: "working", step: "Starting runners 1/2" });
    fixture.tell("Waiting for another reconcile of this unit to end");
    expect(fixture.loop.status.activity).not.to.have.property("step");
  });

  it("lets a round that creates runners plan again when an instance ends, shows what it finds, and makes another one afterwards", async () => {
    const shown: unknown[] = [];
    fixture.answer = async () => {
      if (fixture.rounds.length > 1) return round(["a", "b"]);
      fixture.wakes.wake("instance");
      expect(await fixture.reasons?.next(AbortSignal.timeout(5000))).to.equal(true);
      const { counts, runners } = round(["a"]);
      fixture.reasons?.observed({ counts, runners });
      const { activity, counts: found, runners: states } = fixture.loop.status;
      shown.push(activity.state, found?.names, states);
      fixture.wakes.wake("settings");
      expect(await fixture.reasons?.next(AbortSignal.timeout(5000))).to.equal(false);
      return round(["a"]);
    };
    await fixture.rounded(2);
    expect(shown).to.deep.equal(["working", ["a"], [{ name: "a", state: "online", since: 7 }]]);
    expect(fixture.loop.status.counts?.names).to.deep.equal(["a", "b"]);
  });

  it("tells only of what has changed", async () => {
    await fixture.rounded(1);
    let told = 0;
    void fixture.shows(() => {
      told += 1;
      return false;
    });
    fixture.settings = new ServiceSettingsError("/x", "damaged", "is damaged");
    fixture.answer = () => Promise.reject(new LxdAwayError("LXD is away"));
    fixture.wakes.wake("instance");
    await fixture.rounded(2);
    await idle();
    const once = told;
    // The back-off is not over, and the settings are as damaged as before.
    fixture.wakes.wake("instance");
    await idle();
    expect([told, fixture.rounds.length]).to.deep.equal([once, 2]);
  });

  it("closes its work when it ends", async () => {
    await fixture.rounded(1);
    await fixture.stop();
    expect(fixture.closed).to.deep.equal([1]);
  });
});
