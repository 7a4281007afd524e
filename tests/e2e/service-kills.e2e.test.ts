import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import { systemClock } from "charm-kit";
import { askService } from "../../src/unit/ask-service.ts";
import { serviceWords } from "../../src/unit/service-paths.ts";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";
import { until } from "../support/rig/until.ts";

/** Some in each run of all tests; more with `SERVICE_KILLS=50`. */
const KILLS = Number(process.env["SERVICE_KILLS"] ?? 8);
const WANTED = 3;
const STANDBY = 1;
const LONGEST_MS = 90 * 60_000;

endToEnd("the runner service, killed at any moment", function () {
  let rig: Rig;
  let service: ChildProcess | undefined;

  const start = () => {
    const charm = rig.paths.charm(rig.unit);
    service = spawn(join(charm, "runtime/bin/node"), [...serviceWords(charm, rig.slug)], {
      env: { PATH: process.env["PATH"] },
      stdio: "ignore",
    });
  };
  const kill = async (signal: NodeJS.Signals) => {
    const child = service;
    service = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  };
  const settled = () =>
    until(
      `${WANTED} idle runners`,
      async () => {
        const status = await askService(join(rig.dataDirectory, "service.sock"), patience());
        const counts = status?.counts;
        return counts?.online === WANTED && counts.names.length === WANTED && counts.standby === STANDBY;
      },
      patience(120_000),
    );

  before(async () => {
    rig = await Rig.start({ application: "e2ekill" }, patience());
    await rig.deploy(
      { "virtual-machines": String(WANTED), "standby-runners": String(STANDBY) },
      patience(180_000),
    );
  });
  after(async () => {
    await kill("SIGTERM");
    await rig.close(patience(120_000));
  });

  it(`loses no job, doubles none and leaks nothing in ${KILLS} kills under a stream of jobs`, async function () {
    this.timeout(LONGEST_MS);
    const jobs: number[] = [];
    let [most, mostInstances] = [0, 0];
    start();
    for (let round = 0; round < KILLS; round += 1) {
      const { id } = await rig.queue(["sleep 0.3; echo served"], patience());
      jobs.push(id);
      // Spread over a whole refill: event, lists, clone, start, registration, delivery.
      await systemClock.wait((round * 2617) % 3000, patience());
      await kill("SIGKILL");
      most = Math.max(most, (await rig.registrations(patience())).length);
      mostInstances = Math.max(mostInstances, (await rig.machines(patience())).length);
      start();
    }
    for (const id of jobs) {
      const job = await rig.ended(id, patience(240_000));
      // How often GitHub has offered it does not count: a runner may be discarded that has not taken it yet.
      expect(job).to.include({ conclusion: "success" });
      expect(job.log.match(/Z served$/gm), `what job ${id} printed`).to.have.length(1);
    }
    await settled();
    expect(most, "registrations at one moment").to.be.at.most(WANTED);
    expect(mostInstances, "instances at one moment").to.be.at.most(WANTED + STANDBY);
    const machines = await rig.machines(patience());
    const registrations = (await rig.registrations(patience())).map(({ name }) => name).sort();
    expect(registrations).to.have.length(WANTED);
    expect(machines)
      .to.have.length(WANTED + STANDBY)
      .and.to.include.members(registrations);
  });
});
