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
/** Once the first jobs have filled caches. */
const WARM_JOBS = JOBS / 2;
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
    let warm: Awaited<ReturnType<typeof measure>> | undefined;
    for (let done = 0; done < JOBS; done += RUNNERS) {
      if (warm === undefined && done >= WARM_JOBS) warm = await measure();
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
    const last = await measure();
    stop.abort(new Error("stop"));
    await running;
    await api.close();
    if (warm === undefined) expect.fail("nothing was measured");
    expect(unit.site.machineNames()).to.have.length(RUNNERS);
    expect(last.files).to.be.at.most(warm.files);
    expect(last.listeners).to.equal(warm.listeners);
    // Room for code that the engine compiles in the meantime; a leak of 60 bytes a job exceeds it.
    expect(last.bytes - warm.bytes).to.be.below(400_000);
  });
});
