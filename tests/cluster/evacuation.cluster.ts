import { expect } from "chai";
import { LxdUnitChanges } from "../../src/lxd/lxd-unit-changes.ts";
import type { MemberChange } from "../../src/service/ports.ts";
import type { JobView } from "../support/github/state/job-record.ts";
import { until } from "../support/rig/until.ts";
import { ClusterLab } from "./cluster-lab.ts";

const MINUTE = 60_000;

describe("a unit on a member of an LXD cluster that is evacuated", function () {
  this.timeout(10 * MINUTE);
  let lab: ClusterLab;
  let job: JobView;
  let idle: string;
  let evacuation: Promise<string>;
  const patience = () => AbortSignal.timeout(5 * MINUTE);
  const ended = new AbortController();
  const unit = () => lab.units[1];
  /** What LXD tells the unit of its member. */
  const changes: MemberChange[] = [];

  before(async () => {
    lab = await ClusterLab.start({ members: 2, application: "eva", count: 2 }, patience());
    // The other unit has none, so that jobs come to this one.
    const { runners } = await unit().run("reconcile", patience());
    job = await lab.occupy(patience());
    idle = runners.find((name) => name !== job.runnerName) ?? "";
    const { client } = unit().member;
    const opened = Promise.withResolvers<undefined>();
    const told = new LxdUnitChanges({ client, slug: unit().slug, bridge: "none" }).follow(
      () => {
        opened.resolve(undefined);
      },
      (change) => {
        if ("member" in change) changes.push(change);
      },
      ended.signal,
    );
    told.catch(() => undefined);
    await opened.promise;
  });
  after(async () => {
    ended.abort(new Error("The test has ended"));
    await lab.close(AbortSignal.timeout(2 * MINUTE));
  });

  it("hears of it, removes the idle runner with its registration, and creates none", async () => {
    const signal = patience();
    evacuation = lab.cluster.member(0).run(["lxc", "cluster", "evacuate", "m2", "--force"], signal);
    evacuation.catch(() => undefined);
    await until("LXD's word of the evacuation", () => Promise.resolve(changes.length > 0), signal);
    const { evacuated, runners } = await unit().run("reconcile", patience());
    expect({ evacuated, runners }).to.deep.equal({ evacuated: "m2", runners: [job.runnerName] });
    expect(await lab.registered(patience())).to.deep.equal([job.runnerName]);
    const there = (await unit().instances(patience())).map(({ name }) => name);
    expect(there).to.include(job.runnerName).and.not.include(idle);
  });

  it("lets the job end, and the evacuation ends with it", async () => {
    const { client } = unit().member;
    const { status } = await client.instances.get(job.runnerName ?? "", patience());
    expect(status).to.equal("Running");
    await lab.release(job, patience());
    expect(await lab.ended(job.id, patience())).to.include({ conclusion: "success" });
    await evacuation;
    const { evacuated, runners } = await unit().run("reconcile", patience());
    expect({ evacuated, runners }).to.deep.equal({ evacuated: "m2", runners: [] });
    expect(await lab.registered(patience())).to.deep.equal([]);
    // The template stays, and stays stopped.
    const left = await unit().instances(patience());
    expect(left.map(({ location, status }) => `${location} ${status}`)).to.deep.equal(["m2 Stopped"]);
  });

  it("creates runners again once the member is restored, and hears of that", async () => {
    const before = changes.length;
    await lab.cluster.member(0).run(["lxc", "cluster", "restore", "m2", "--force"], patience());
    const hasHeard = () =>
      Promise.resolve(changes.slice(before).some(({ action }) => action.startsWith("Restor")));
    await until("LXD's word of the return", hasHeard, patience());
    const { evacuated, runners } = await unit().run("reconcile", patience());
    expect(evacuated).to.equal(undefined);
    expect(runners).to.have.lengthOf(2).and.not.include(idle).and.not.include(job.runnerName);
    expect(await lab.online(patience())).to.deep.equal(runners);
    const { id } = await lab.queue(["true"], patience());
    expect(await lab.ended(id, patience())).to.include({ conclusion: "success" });
  });
});
