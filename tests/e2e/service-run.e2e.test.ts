import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { systemClock } from "charm-kit";
import { findSocket } from "lxd-client";
import type { ServiceStatus } from "../../src/unit/service-status.ts";
import { awaitRound } from "../../src/unit/ask-service.ts";
import { FaultProxy } from "../support/lxd/fault-proxy.ts";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";
import { ServiceProcess } from "../support/rig/service-process.ts";

/** With `npm run test:soak` alone: they take hours. */
const JOBS = Number(process.env["SOAK_JOBS"] ?? 0);
const WANTED = 2;
const JOB_MS = 60_000;
/** How long LXD is away: longer than the client waits for one that starts again. */
const AWAY_MS = 12_000;
/** Room for what is compiled and kept in the meantime; a leak of 50 kB a job exceeds it after 200. */
const ROOM_BYTES = 10 * 1024 ** 2;

endToEnd("the runner service with its standby instance", () => {
  let rig: Rig;
  let proxy: FaultProxy;
  let service: ServiceProcess;

  before(async () => {
    const target = findSocket(process.env, existsSync);
    if (!target) throw new Error("There is no LXD socket");
    proxy = new FaultProxy(target.path);
    await proxy.listen();
    rig = await Rig.start({ application: "e2erun" }, patience());
    await rig.deploy({ "virtual-machines": String(WANTED), "standby-runners": "1" }, patience(180_000));
    service = new ServiceProcess(rig);
    service.start({ LXD_SOCKET: proxy.socket });
    await atRest();
  });
  after(async () => {
    await service.kill("SIGTERM");
    await rig.close(patience(120_000));
    await proxy.close();
  });

  // What waited has only a deadline to tell.
  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    const [status, runners, jobs, machines] = await Promise.all([
      service.status(patience()),
      rig.registrations(patience()),
      rig.github.call("list-jobs", null, patience()),
      rig.machines(patience()),
    ]);
    console.log(JSON.stringify({ status, runners, jobs: jobs.slice(-3), machines }, undefined, 1));
    console.log(service.output.slice(-4000));
  });

  const isAtRest = ({ activity, counts }: ServiceStatus) =>
    activity.state === "waiting" && counts?.online === WANTED && counts.busy === 0 && counts.standby === 1;
  const atRest = () => service.shows("all runners, and one on standby", isAtRest, patience(60_000));

  /** What a leak makes larger. */
  const holdings = async () => {
    // The status alone may be older than the end of the last job.
    await rig.github.call("wait-for-runners", { idle: WANTED, registered: WANTED }, patience(60_000));
    await atRest();
    const [status, files, instances, registrations] = await Promise.all([
      readFile(`/proc/${service.pid}/status`, "utf8"),
      readdir(`/proc/${service.pid}/fd`),
      rig.lxd.instances(rig.slug, patience()),
      rig.registrations(patience()),
    ]);
    return {
      residentBytes: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024,
      files: files.length,
      instances: instances.length,
      registrations: registrations.length,
    };
  };

  const soak = JOBS === 0 ? undefined : it;
  soak?.(
    `runs each of ${JOBS} jobs once, and holds no more at the end than after half of them`,
    async function () {
      this.timeout(120_000 + JOBS * JOB_MS);
      let half = await holdings();
      for (let done = 0; done < JOBS; done += 1) {
        if (done === Math.floor(JOBS / 2)) half = await holdings();
        const { id } = await rig.queue(["echo soaked"], patience());
        expect(await rig.ended(id, patience(JOB_MS))).to.include({ conclusion: "success", assignments: 1 });
      }
      const end = await holdings();
      console.log("      half", half, "end", end);
      expect(end.instances).to.equal(half.instances);
      expect(end.registrations).to.equal(WANTED);
      // Connections that are kept for a while come and go.
      expect(end.files).to.be.at.most(half.files + 4);
      expect(end.residentBytes - half.residentBytes).to.be.below(ROOM_BYTES);
    },
  );

  it("goes on as if nothing had been when LXD was away, and leaves a busy runner its job", async () => {
    const job = await rig.occupy(patience());
    await awaitRound(join(rig.dataDirectory, "service.sock"), patience());
    await service.shows("a busy runner", ({ counts }) => counts?.busy === 1, patience());
    const before = await rig.machines(patience());
    await proxy.goAway();
    // Its end is told by nobody.
    const lost = before.find((name) => name !== job.runnerName) ?? "";
    await rig.deleteInstance(lost, patience());
    await systemClock.wait(AWAY_MS, patience(60_000));
    await proxy.listen();
    const isBack = ({ counts, fault }: ServiceStatus) =>
      fault === undefined &&
      counts?.online === WANTED - 1 &&
      counts.busy === 1 &&
      !counts.names.includes(lost);
    await service.shows("another runner", isBack, patience(60_000));
    expect(service.output).to.include("The connection to LXD's events is lost; connecting again");
    expect(await rig.machines(patience()))
      .to.have.length(WANTED)
      .and.to.include(job.runnerName);
    await rig.release(job, patience());
    expect(await rig.ended(job.id, patience())).to.include({ conclusion: "success", assignments: 1 });
    await atRest();
    expect(await rig.registrations(patience())).to.have.length(WANTED);
  });
});
