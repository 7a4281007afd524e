import { readlinkSync } from "node:fs";
import { expect } from "chai";
import { systemClock } from "charm-kit";
import type { ServiceStatus } from "../../src/unit/service-status.ts";
import { endLxd, lxdPid, startLxd } from "../support/lxd/restart-lxd.ts";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";
import { ServiceProcess } from "../support/rig/service-process.ts";
import { until } from "../support/rig/until.ts";

const WANTED = 2;
/** Longer than a request waits for a daemon that starts again. */
const AWAY_MS = 12_000;

endToEnd("the runner service on a machine whose LXD is started again", () => {
  let rig: Rig;
  let service: ServiceProcess;

  before(async () => {
    rig = await Rig.start({ application: "lxdagain" }, patience());
    await rig.deploy({ "virtual-machines": String(WANTED), "standby-runners": "1" }, patience(180_000));
    service = new ServiceProcess(rig);
    service.start();
    await atRest();
  });
  after(async () => {
    // A test that failed may have left the machine without it.
    await startLxd(patience());
    await service.kill("SIGTERM");
    await rig.close(patience(120_000));
  });

  const isAtRest = ({ activity, counts, fault }: ServiceStatus) =>
    fault === undefined &&
    activity.state === "waiting" &&
    counts?.online === WANTED &&
    counts.busy === 0 &&
    counts.standby === 1;
  const atRest = () => service.shows("all runners, and one on standby", isAtRest, patience(60_000));

  for (const by of ["SIGTERM", "SIGKILL"] as const)
    it(`loses no job and doubles no runner when ${by} ends the daemon: a used runner is replaced once it is back`, async () => {
      const kept = await rig.occupy(patience());
      const ending = await rig.occupy(patience());
      await rig.release(ending, patience());
      await endLxd(by, patience());
      // The job ends, and the runner's system powers off, while nobody can tell the service.
      expect(await rig.ended(ending.id, patience())).to.include({ conclusion: "success", assignments: 1 });
      await systemClock.wait(AWAY_MS, patience());
      await startLxd(patience());
      const isReplaced = ({ counts, fault }: ServiceStatus) =>
        fault === undefined &&
        counts?.online === WANTED - 1 &&
        counts.busy === 1 &&
        counts.standby === 1 &&
        !counts.names.includes(ending.runnerName ?? "");
      await service.shows("a busy runner, a fresh one, and one on standby", isReplaced, patience(60_000));
      const { counts } = (await service.status(patience())) ?? {};
      expect(counts?.names).to.have.length(WANTED).and.to.include(kept.runnerName);
      expect(await rig.machines(patience()), "with the one on standby").to.have.length(WANTED + 1);
      expect(await rig.registrations(patience())).to.have.length(WANTED);
      await rig.release(kept, patience());
      expect(await rig.ended(kept.id, patience())).to.include({ conclusion: "success", assignments: 1 });
      await atRest();
    });

  it("shows no fault, and counts no failure, when the daemon is started again at once", async () => {
    const told = service.output.length;
    const shown: ServiceStatus[] = [];
    const ended = new AbortController();
    const reading = service.follow((status) => shown.push(status), ended.signal);
    const looksAt = (why: string) => () =>
      Promise.resolve(shown.some(({ activity: a }) => a.state === "working" && a.why.includes(why)));
    await until("the first status", () => Promise.resolve(shown.length > 0), patience());
    await endLxd("SIGTERM", patience());
    await startLxd(patience());
    await until("a look at the runners after its return", looksAt("reconnected"), patience());
    await atRest();
    ended.abort();
    await reading;
    const faults = shown.filter(({ fault, failures }) => fault !== undefined || failures.length > 0);
    expect(faults).to.deep.equal([]);
    expect(service.output.slice(told)).to.include("connecting again").and.not.include("A round failed");
  });

  it("says of itself as soon as the daemon does not come back that it is away, and when it tries again", async () => {
    const told = service.output.length;
    await endLxd("SIGTERM", patience());
    const saysSo = ({ fault, nextAttemptAt }: ServiceStatus) =>
      fault !== undefined && fault.message.includes("LXD") && nextAttemptAt !== undefined;
    // The next check is minutes away, and nobody asks for one.
    await service.shows("a fault of LXD and the next attempt", saysSo, patience(60_000));
    expect(service.output.slice(told)).to.include("A round failed").and.to.include("LXD");
    await startLxd(patience());
    await atRest();
    // Its rsync needs a directory that stays, which this clone is not.
    const directory = readlinkSync(`/proc/${await lxdPid(patience())}/cwd`);
    expect(directory.startsWith(process.cwd()), directory).to.equal(false);
    expect(service.output.slice(told)).to.include("The connection to LXD's events is lost; connecting again");
  });
});
