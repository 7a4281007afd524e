import { getEventListeners } from "node:events";
import { readdir } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { silentLogger, systemClock } from "charm-kit";
import { RunnerLoop } from "../../src/service/runner-loop.ts";
import { ServiceApi } from "../../src/service/service-api.ts";
import { UnitRounds } from "../../src/service/unit-rounds.ts";
import { Wakes } from "../../src/service/wakes.ts";
import { readSettings, writeSettings } from "../../src/unit/service-settings.ts";
import { FakeUnit } from "../unit/fake-unit.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { sampleSettings } from "./sample-settings.ts";

const JOBS = Number(process.env["JOBS"] ?? 10_000);
const RUNNERS = 10;
/** Measured after each. The first jobs fill caches. */
const PERIODS = 5;
const PERIOD_JOBS = JOBS / PERIODS;
/** The bytes of one leaked object for each job. */
const LEAK_BYTES = 60;
const signal = new AbortController().signal;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

describe(`the runner service over ${JOBS} jobs`, function () {
  this.timeout(180_000);
  const directory = useTemporaryDirectory();

  it("uses no more memory, file descriptors and listeners than at the beginning", async () => {
    const unit = new FakeUnit();
    unit.capacity = RUNNERS;
    const settings = sampleSettings();
    const path = join(directory.path, "service.json");
    await writeSettings(path, settings);
    await unit.open().workload.reconcile(signal);
    const { workload, process: worker } = unit.open();

    const stop = new AbortController();
    // Wakes that come together are one; all other waits end with the test.
    const clock = {
      now: () => unit.site.now,
      wait: (delayMs: number, limited: AbortSignal) => systemClock.wait(delayMs <= 50 ? 0 : 2 ** 30, limited),
    };
    const wakes = new Wakes(clock);
    let told = Promise.withResolvers<undefined>();
    const loop = new RunnerLoop({
      settings: { read: () => readSettings(path) },
      open: () => new UnitRounds(workload),
      wakes,
      refresh: { ask: () => undefined },
      clock,
      log: silentLogger,
      random: () => 0.5,
      onStatus: (status) => {
        api.publish(status);
        if (status.activity.state === "waiting" && status.counts?.online === RUNNERS) told.resolve(undefined);
      },
      program: "test",
    });
    const socketPath = join(directory.path, "service.sock");
    const api: ServiceApi = new ServiceApi({
      path: socketPath,
      status: () => loop.status,
      reconcile: () => loop.request(),
    });
    await api.open();
    const ask = (method: string, target: string) =>
      new Promise<string>((resolve, reject) => {
        const call = request({ socketPath, method, path: target, agent: false }, (answer) => {
          text(answer).then(resolve, reject);
        });
        call.on("error", reject).end();
      });
    const measure = async () => {
      // What a process that stays does not have: the site's memory of all that happened on it.
      worker.calls.made.length = 0;
      worker.machines.specs.clear();
      worker.machines.payloads.clear();
      worker.metrics.rounds.length = 0;
      worker.metrics.installedRunners.length = 0;
      worker.forge.labels.clear();
      worker.logLines.length = 0;
      unit.site.forgetNames();
      unit.site.history.moments.length = 0;
      // What is weakly held lives until the end of a turn.
      for (let turn = 0; turn < 4; turn += 1) {
        await new Promise(setImmediate);
        collectGarbage();
      }
      return {
        bytes: process.memoryUsage().heapUsed,
        files: (await readdir("/proc/self/fd")).length,
        listeners: getEventListeners(stop.signal, "abort").length,
      };
    };

    const running = loop.run(stop.signal).catch(() => undefined);
    await told.promise;
    const measured: Awaited<ReturnType<typeof measure>>[] = [];
    for (let done = 0; done < JOBS; done += RUNNERS) {
      if (done > 0 && done % PERIOD_JOBS === 0) measured.push(await measure());
      told = Promise.withResolvers();
      for (const name of unit.site.machineNames()) unit.site.finishJob(name);
      unit.site.pass(1000);
      wakes.wake("instance");
      await told.promise;
      if (done % 500 === 0) {
        expect(JSON.parse(await ask("GET", "/status"))).to.have.property(
          "wanted",
          settings.setup.configuration.count,
        );
        await ask("POST", "/reconcile");
      }
    }
    measured.push(await measure());
    stop.abort(new Error("stop"));
    await running;
    await api.close();
    expect(unit.site.machineNames()).to.have.length(RUNNERS);
    const periods = measured.slice(1).map((end, index) => ({ start: measured[index] ?? end, end }));
    expect(periods).to.have.length(PERIODS - 1);
    for (const { start, end } of periods) {
      expect(end.files).to.be.at.most(start.files);
      expect(end.listeners).to.equal(start.listeners);
    }
    // A leak grows in every period. The engine's own code, which it compiles at some moment, does not.
    const growth = periods.map(({ start, end }) => end.bytes - start.bytes);
    expect(Math.min(...growth)).to.be.below(LEAK_BYTES * PERIOD_JOBS);
  });
});
