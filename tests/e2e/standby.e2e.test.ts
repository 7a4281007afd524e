import { expect } from "chai";
import { KEYS } from "../../src/lxd/ownership.ts";
import { systemClock } from "charm-kit";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";
import { ServiceProcess } from "../support/rig/service-process.ts";
import { until } from "../support/rig/until.ts";

const GIB = 2 ** 30;
/** How long an instance is to be frozen before it becomes a runner. */
const FROZEN_MS = 15_000;

endToEnd("standby instances", () => {
  let rig: Rig;
  let service: ServiceProcess;
  /** When a standby instance was seen at rest for the first time. */
  const seenAt = new Map<string, number>();

  const standby = async () => {
    const instances = await rig.lxd.instances(rig.slug, patience());
    return instances.filter(({ config }) => config[KEYS.phase] === "standby");
  };
  /** Waits until so many rest, and gives their names. */
  const resting = async (count: number): Promise<readonly string[]> => {
    let found = await standby();
    await until(
      `${count} resting standby instances`,
      async () => {
        found = await standby();
        return found.length === count && found.every(({ status }) => status === "Frozen");
      },
      patience(60_000),
    );
    const names = found.map(({ name }) => name);
    for (const name of names) if (!seenAt.has(name)) seenAt.set(name, Date.now());
    return names;
  };
  const idle = (count: number) =>
    rig.github.call("wait-for-runners", { idle: count, registered: count }, patience(60_000));
  const names = async () => (await rig.registrations(patience())).map(({ name }) => name);

  before(async () => {
    rig = await Rig.start({ application: "e2estand" }, patience());
    service = new ServiceProcess(rig);
    await rig.deploy({ "virtual-machines": "1", "standby-runners": "1" }, patience(180_000));
  });
  after(async () => {
    await service.kill("SIGTERM");
    await rig.close(patience(120_000));
  });

  it("are made by a hook where no service runs, frozen, and without a registration", async () => {
    const [name = ""] = await resting(1);
    expect(await names())
      .to.have.length(1)
      .and.to.not.include(name);
    expect(await rig.status()).to.equal("active: 1 runner: 1 idle; 1 on standby");
    expect(await rig.act("check-runners", {}, patience())).to.include({
      online: "1",
      unknown: "0",
      standby: "1",
    });
  });

  it("become the next runners, and are made again afterwards", async () => {
    service.start();
    const [waiting = ""] = await resting(1);
    const { id } = await rig.queue(["true"], patience());
    await rig.ended(id, patience());
    await idle(1);
    expect(await names()).to.deep.equal([waiting]);
    const [next = ""] = await resting(1);
    expect(next).to.not.equal(waiting);
    expect(service.output).to.match(/Runner is online .*fromStandby/);
  });

  it("go at once when their configuration is of the past, while a busy runner goes on", async () => {
    const job = await rig.occupy(patience());
    const [old = ""] = await resting(1);
    await rig.configure({ labels: "changed" }, patience(120_000));
    await until(
      "the end of the old one",
      async () => !(await rig.machines(patience())).includes(old),
      patience(),
    );
    const [fresh = ""] = await resting(1);
    expect(fresh).to.not.equal(old);
    await rig.release(job, patience());
    expect(await rig.ended(job.id, patience())).to.include({ conclusion: "success", assignments: 1 });
    await idle(1);
    expect(await names()).to.deep.equal([fresh]);
  });

  it("have the time and an address when they were frozen for a while", async () => {
    const [rested = ""] = await resting(1);
    const left = FROZEN_MS - (Date.now() - (seenAt.get(rested) ?? Date.now()));
    if (left > 0) await systemClock.wait(left, patience(2 * FROZEN_MS));
    const { id: first } = await rig.queue(["true"], patience());
    await rig.ended(first, patience());
    await idle(1);
    expect(await names()).to.deep.equal([rested]);
    const steps = ["echo time=$(date +%s)", "ip -4 -o address show dev eth0 scope global"];
    const { id } = await rig.queue(steps, patience());
    const { completedAt = 0, conclusion, log, runnerName, startedAt = 0 } = await rig.ended(id, patience());
    expect([conclusion, runnerName]).to.deep.equal(["success", rested]);
    const [, seconds = "0"] = /time=(\d+)/.exec(log) ?? [];
    expect(Number(seconds)).to.be.within(startedAt / 1000 - 2, completedAt / 1000 + 2);
    expect(log).to.match(/inet \d+\.\d+\.\d+\.\d+/);
  });

  it("are given up where the pool has room for the runners alone, and come back", async () => {
    await resting(1);
    const { space } = await rig.lxd.client.storagePools.resources(rig.slug, patience());
    // Room for one, and not for two.
    const disk = Math.floor((1.5 * (space.total - 2 * GIB)) / 2 ** 20);
    await rig.configure({ "vm-disk": `${disk}MiB` }, patience(120_000));
    await until("the end of all", async () => (await standby()).length === 0, patience());
    await idle(1);
    expect(await rig.status()).to.match(/^active: 1 runner: 1 idle(?!.*standby)/);
    await rig.configure({ "vm-disk": rig.config["vm-disk"] ?? "" }, patience(120_000));
    await resting(1);
  });

  it("go with the unit", async () => {
    await service.kill("SIGTERM");
    await rig.agent.remove(rig.application, false, patience(120_000));
    expect(await rig.machines(patience())).to.deep.equal([]);
  });
});
