import { existsSync } from "node:fs";
import { expect } from "chai";
import { findSocket } from "lxd-client";
import { FaultProxy, type FaultRule } from "../support/lxd/fault-proxy.ts";
import { faultsOf } from "../support/lxd/lxd-faults.ts";
import type { JobView } from "../support/github/state/job-record.ts";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";

const WANTED = 2;
/** Which faults are tried. `LXD_FAULTS=all` tries all in ten minutes, another text those whose title it matches. */
const CHOICE = process.env["LXD_FAULTS"];
const ALWAYS =
  /POST \S+\/instances (?:breaks after|fails for)|\/state (?:breaks after|fails although|stays)|GET \S+\/instances\?recursion (?:breaks in|is answered)|websocket is refused/;

/** A line for a person who has chosen what is tried. */
function note(line: string): void {
  if (CHOICE !== undefined) console.log(`      ${line.slice(0, 300)}`);
}

endToEnd("a reconcile on an LXD with a fault", () => {
  let rig: Rig;
  let proxy: FaultProxy;
  let job: JobView;
  let plain: ReadonlyMap<string, number>;

  before(async function () {
    this.timeout(900_000);
    const target = findSocket(process.env, existsSync);
    if (!target) throw new Error("There is no LXD socket");
    proxy = new FaultProxy(target.path);
    await proxy.listen();
    rig = await Rig.start({ application: "e2elxdf" }, patience());
    await rig.deploy({ "virtual-machines": String(WANTED) }, patience(200_000));
    job = await rig.occupy(patience());
    await lack();
    proxy.arm();
    const { exitCode, stderr } = await faulted();
    expect(exitCode, stderr).to.equal(0);
    plain = new Map(proxy.routes);
    await expectMended();
  });

  after(async () => {
    await rig.close(patience(120_000));
    await proxy.close();
  });

  const faulted = () => rig.dispatch("reconcile-runners", patience(200_000), { LXD_SOCKET: proxy.socket });

  /** Leaves work for a reconcile: the idle runner is gone, on LXD first, so that its application ends with it. */
  const lack = async () => {
    for (const name of (await rig.machines(patience())).filter((one) => one !== job.runnerName)) {
      await rig.deleteInstance(name, patience());
    }
    const idle = (await rig.registrations(patience())).filter(({ busy }) => !busy);
    for (const { name } of idle) await rig.github.call("drop-runner", { name }, patience());
  };

  const expectMended = async () => {
    const machines = await rig.machines(patience());
    const all = await rig.lxd.instances(rig.slug, patience());
    const others = all.filter(({ name }) => !machines.includes(name));
    expect(others.map(({ config }) => config["user.github-runner.role"])).to.deep.equal(["template"]);
    const registrations = await rig.registrations(patience());
    expect(registrations.map(({ name }) => name).sort()).to.deep.equal(machines);
    expect(machines).to.have.lengthOf(WANTED).and.to.include(job.runnerName);
    expect(await rig.statusNow()).to.equal(`active: ${WANTED} runners: 1 idle, 1 busy`);
  };

  const isRunning = async () => {
    const jobs = await rig.github.call("wait-for-job", { id: job.id, status: "in_progress" }, patience());
    return jobs.runnerName === job.runnerName;
  };

  /** @returns what the unit has shown after the fault. */
  const check = async (rule: FaultRule): Promise<string> => {
    await lack();
    proxy.arm(rule);
    const seen = rig.events.length;
    const { exitCode, stderr } = await faulted();
    const status = await rig.status();
    const { hits } = proxy;
    expect(exitCode, stderr).to.equal(0);
    expect(await isRunning(), "the job").to.equal(true);
    const lines = rig.events
      .slice(seen)
      .flatMap((event) =>
        event.kind === "log" && /WARN|ERROR/.test(event.line.level) ? [event.line.message] : [],
      );
    const machines = await rig.machines(patience());
    if (machines.length !== WANTED) {
      expect(status, "a status that hides the fault").not.to.match(/^active: 2 runners/);
      expect(lines, "nothing in the log").not.to.deep.equal([]);
    }
    expect(hits, "the fault was not met").to.be.greaterThan(0);
    proxy.arm();
    await rig.reconcile(patience());
    await expectMended();
    return `${machines.length} runners, ${status}`;
  };

  const cases = () =>
    [...plain.keys()].flatMap((name) => {
      const [method = "", route = ""] = name.split(" ");
      // Those of an operation are spoilt by the faults of the request that begins it.
      if (route.endsWith("/operations/NAME/wait")) return [];
      return Object.entries(faultsOf(method, route)).map(([title, fault]) => ({
        title: `${name} ${title}`,
        rule: { method, route, fault },
      }));
    });

  it("ends well, keeps the job, says what it lacks, and is mended by the next", async function () {
    this.timeout(3_000_000);
    const isChosen = (title: string) =>
      CHOICE === "all" || (CHOICE === undefined ? ALWAYS : new RegExp(CHOICE)).test(title);
    const failures: string[] = [];
    for (const { title, rule } of cases().filter((one) => isChosen(one.title))) {
      try {
        note(`${title}: ${await check(rule)}`);
      } catch (thrown) {
        failures.push(`${title}: ${(thrown as Error).message}`);
        note(`FAILED ${failures.at(-1) ?? ""}`);
        proxy.arm();
        await rig.reconcile(patience()).catch(() => undefined);
      }
    }
    expect(failures).to.deep.equal([]);
  });
});
