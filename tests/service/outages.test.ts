import { join } from "node:path";
import { expect } from "chai";
import { CodedError, createLogger, systemClock } from "charm-kit";
import type { HookRequest } from "../../src/service/ports.ts";
import { RunnerLoop } from "../../src/service/runner-loop.ts";
import { UnitRounds } from "../../src/service/unit-rounds.ts";
import { Wakes } from "../../src/service/wakes.ts";
import { isHealthy } from "../../src/unit/ask-service.ts";
import { readSettings, writeSettings } from "../../src/unit/service-settings.ts";
import type { PortVerb } from "../runners/port-calls.ts";
import { FakeUnit, type UnitProcess } from "../unit/fake-unit.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { sampleSettings } from "./sample-settings.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const signal = new AbortController().signal;

class AwayError extends CodedError {
  readonly code: string;

  constructor(code: string) {
    super(`${code}: it does not answer`);
    this.code = code;
  }
}

/** A service with the real loop and the real rounds, whose time the test moves. */
class Service {
  readonly unit = new FakeUnit();
  readonly lines: string[] = [];
  /** Hooks that it has asked for. */
  readonly asked: HookRequest[] = [];
  readonly worker: UnitProcess;
  readonly wakes: Wakes;
  readonly loop: RunnerLoop;
  /** Calls of these fail. */
  readonly away = new Map<PortVerb, Error>();
  /** Most runners that existed at once. */
  most = 0;
  #running: Promise<unknown> | undefined;
  #timers: { readonly dueAt: number; readonly fire: () => void }[] = [];
  /** Of the clock that does not run while the machine is suspended. */
  #uptime = 0;
  readonly #stop = new AbortController();

  constructor(path: string) {
    const { site } = this.unit;
    const clock = {
      now: () => site.now,
      wait: (delayMs: number, limited: AbortSignal) =>
        delayMs <= 50 ? systemClock.wait(0, limited) : this.#sleep(delayMs, limited),
    };
    this.worker = this.unit.open();
    this.worker.process.calls.atEveryCall((_call, verb) => {
      this.most = Math.max(this.most, site.machines.size);
      const error = this.away.get(verb);
      if (error) throw error;
    });
    this.wakes = new Wakes(clock);
    this.loop = new RunnerLoop({
      settings: { read: () => readSettings(path) },
      open: () => new UnitRounds(this.worker.workload),
      wakes: this.wakes,
      refresh: { ask: (_settings, hook) => this.asked.push(hook) },
      clock,
      log: createLogger(
        (level, line) => this.lines.push(`${level} ${line}`),
        (text) => text,
      ),
      random: () => 0.5,
      onStatus: () => undefined,
      program: "test",
    });
  }

  start(): void {
    this.#running = this.loop.run(this.#stop.signal).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("stop"));
    await this.#running;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 5;) {
      const { begun } = this.worker.process.calls;
      await new Promise((resolve) => setTimeout(resolve, 2));
      // A loop that rests waits for a time; one that reads its settings does not.
      const isAtRest = begun === this.worker.process.calls.begun && this.#timers.length > 0;
      quiet = isAtRest ? quiet + 1 : 0;
    }
  }

  /** Lets time pass, with all that waits for it in its order. */
  async pass(durationMs: number): Promise<void> {
    const end = this.#uptime + durationMs;
    await this.settle();
    for (;;) {
      const next = this.#timers.map(({ dueAt }) => dueAt).sort((left, right) => left - right)[0];
      if (next === undefined || next > end) break;
      this.#advance(next);
      await this.settle();
    }
    this.#advance(end);
    await this.settle();
  }

  /** The machine sleeps: the time of day goes on, and no wait does. */
  suspend(durationMs: number): void {
    this.unit.site.pass(durationMs);
  }

  online(): number {
    return [...this.unit.site.registrations.values()].filter(({ online }) => online).length;
  }

  #advance(uptime: number): void {
    this.unit.site.pass(Math.max(0, uptime - this.#uptime));
    this.#uptime = Math.max(uptime, this.#uptime);
    const due = this.#timers.filter(({ dueAt }) => dueAt <= uptime);
    this.#timers = this.#timers.filter(({ dueAt }) => dueAt > uptime);
    for (const { fire } of due) fire();
  }

  #sleep(delayMs: number, limited: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = { dueAt: this.#uptime + delayMs, fire: resolve };
      this.#timers.push(timer);
      limited.addEventListener("abort", () => {
        this.#timers = this.#timers.filter((each) => each !== timer);
        reject(limited.reason as Error);
      });
    });
  }
}

describe("the runner service, with real rounds", function () {
  this.timeout(120_000);
  const directory = useTemporaryDirectory();
  let service: Service;

  beforeEach(async () => {
    const path = join(directory.path, "service.json");
    await writeSettings(path, sampleSettings());
    service = new Service(path);
    const hook = service.unit.open();
    await hook.workload.reconcile(signal);
    service.start();
    await service.pass(1000);
    expect(service.online()).to.equal(2);
  });
  afterEach(() => service.stop());

  const attempts = () => service.lines.filter((line) => line.includes("A round failed")).length;

  for (const [title, code, verbs] of [
    ["LXD", "lxd-unreachable", ["machines.list", "machines.launch", "machines.destroy", "machines.note"]],
    ["GitHub", "github-unavailable", ["forge.list", "forge.register", "forge.deregister"]],
  ] as const) {
    it(`goes on by itself after ${title} was gone for an hour, with nothing lost and nothing doubled`, async () => {
      const { site } = service.unit;
      const [used = "", busy = ""] = site.machineNames();
      site.assignJob(busy);
      for (const verb of verbs) service.away.set(verb, new AwayError(code));
      // Its event is lost with the connection where LXD is gone.
      site.finishJob(used);
      service.wakes.wake("instance");
      await service.pass(HOUR_MS);
      const { fault, failures, nextAttemptAt = 0, counts } = service.loop.status;
      expect(fault).to.include({ code });
      expect(failures).to.have.length(1);
      expect(failures[0]).to.include({ cause: code, concern: "round" });
      expect(nextAttemptAt - site.now).to.be.within(0, 6.25 * MINUTE_MS);
      expect(counts?.names).to.deep.equal([used, busy]);
      // Pauses of 2, 4, 8... seconds up to five minutes.
      expect(attempts()).to.be.within(12, 22);
      expect(site.machineNames()).to.include(busy);

      service.away.clear();
      await service.pass(7 * MINUTE_MS);
      expect(service.loop.status).to.deep.include({
        fault: undefined,
        failures: [],
        nextAttemptAt: undefined,
      });
      expect(service.loop.status.counts).to.include({ online: 1, busy: 1 });
      expect(site.machineNames()).to.have.length(2).and.to.include(busy).and.not.to.include(used);
      expect(site.registrations.size).to.equal(2);
      expect(site.killedJobs).to.deep.equal([]);
      expect(service.most).to.equal(2);
    });
  }

  it("tells at once of an LXD whose connection does not come back, also in a pause after another failure", async () => {
    service.away.set("forge.list", new AwayError("github-unavailable"));
    service.wakes.wake("instance");
    await service.pass(20 * MINUTE_MS);
    expect(service.loop.status.fault).to.include({ code: "github-unavailable" });
    service.away.clear();
    service.away.set("machines.list", new AwayError("lxd-unreachable"));
    service.wakes.wake("disconnected");
    await service.settle();
    expect(service.loop.status.fault).to.include({ code: "lxd-unreachable" });
    expect(service.asked.at(-1)).to.equal("update-status");
    expect(service.loop.status.nextAttemptAt).to.be.greaterThan(service.unit.site.now);
    expect(service.lines.at(-1)).to.include("lxd-unreachable");
    service.away.clear();
    service.wakes.wake("reconnected");
    await service.settle();
    expect(service.loop.status.fault).to.equal(undefined);
  });

  it("does a round at once when LXD's connection is back, whatever its back-off says", async () => {
    service.away.set("machines.list", new AwayError("lxd-unreachable"));
    service.wakes.wake("instance");
    await service.pass(20 * MINUTE_MS);
    service.away.clear();
    service.wakes.wake("reconnected");
    await service.settle();
    expect(service.loop.status.fault).to.equal(undefined);
  });

  it("finds what has ended while the machine was suspended, and was not taken for well in between", async () => {
    const { site } = service.unit;
    const [used = "", busy = ""] = site.machineNames();
    site.assignJob(busy);
    await service.pass(MINUTE_MS);
    expect(isHealthy(service.loop.status, site.now)).to.equal(true);
    service.suspend(3 * HOUR_MS);
    // A hook after the sleep looks itself: the word of the service is hours old.
    expect(isHealthy(service.loop.status, site.now)).to.equal(false);
    site.finishJob(used);
    await service.pass(13 * MINUTE_MS);
    expect(isHealthy(service.loop.status, site.now)).to.equal(true);
    expect(service.loop.status.counts).to.include({ online: 1, busy: 1 });
    expect(site.machineNames()).to.have.length(2).and.to.include(busy).and.not.to.include(used);
    expect([site.killedJobs, service.most]).to.deep.equal([[], 2]);
  });

  for (const [title, changeMs] of [
    ["back by a day", -24 * HOUR_MS],
    ["forward by three hours", 3 * HOUR_MS],
  ] as const) {
    it(`keeps its runners, and replaces used ones, when the clock is set ${title}, also in a back-off`, async () => {
      const { site } = service.unit;
      const [used = "", kept = ""] = site.machineNames();
      service.away.set("machines.list", new AwayError("lxd-unreachable"));
      service.wakes.wake("instance");
      await service.pass(10 * MINUTE_MS);
      site.now += changeMs;
      service.away.clear();
      site.finishJob(used);
      service.wakes.wake("instance");
      await service.pass(13 * MINUTE_MS);
      const { fault, failures, nextAttemptAt, counts } = service.loop.status;
      expect([fault, failures, nextAttemptAt]).to.deep.equal([undefined, [], undefined]);
      expect(counts).to.include({ online: 2 });
      expect(site.machineNames()).to.have.length(2).and.to.include(kept).and.not.to.include(used);
      expect(site.registrations.size).to.equal(2);
      expect(service.most).to.equal(2);
    });
  }
});
