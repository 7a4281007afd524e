import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import { askService } from "../../src/unit/ask-service.ts";
import { serviceWords } from "../../src/unit/service-paths.ts";
import type { ServiceStatus } from "../../src/unit/service-status.ts";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";
import { until } from "../support/rig/until.ts";

endToEnd("the runner service", () => {
  let rig: Rig;
  let service: ChildProcess | undefined;
  let output = "";

  const start = () => {
    const charm = rig.paths.charm(rig.unit);
    const child = spawn(join(charm, "runtime/bin/node"), [...serviceWords(charm, rig.slug)], {
      env: { PATH: process.env["PATH"] },
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    service = child;
  };
  const status = () => askService(join(rig.dataDirectory, "service.sock"), patience());
  const shows = async (what: string, test: (status: ServiceStatus) => boolean) => {
    await until(
      what,
      async () => {
        const shown = await status();
        return shown !== undefined && test(shown);
      },
      patience(),
    );
  };
  const idle = async (count: number) => {
    await shows(`${count} idle runners`, ({ counts }) => counts?.online === count && counts.busy === 0);
  };
  const kill = async (signal: NodeJS.Signals) => {
    const child = service;
    service = undefined;
    if (child?.exitCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  };

  before(async () => {
    rig = await Rig.start({ application: "e2esvc" }, patience());
    await rig.deploy({ "virtual-machines": "2" }, patience(180_000));
    start();
    await idle(2);
  });
  after(async () => {
    await kill("SIGTERM");
    await rig.close(patience(120_000));
  });

  it("replaces a used runner as soon as its job has ended, without an event", async () => {
    const before = await rig.machines(patience());
    const { id } = await rig.queue(["echo served"], patience());
    const { conclusion, runnerName = "" } = await rig.ended(id, patience());
    expect(conclusion).to.equal("success");
    await rig.gone(runnerName, patience());
    await until("a fresh runner", async () => (await rig.machines(patience())).length === 2, patience());
    await idle(2);
    const after = await rig.machines(patience());
    expect(after).not.to.include(runnerName);
    expect(after.filter((name) => before.includes(name))).to.have.length(1);
  });

  it("shows its state to update-status, which needs nothing else", async () => {
    const { exitCode } = await rig.dispatch("update-status", patience());
    expect(exitCode).to.equal(0);
    expect(await rig.status()).to.equal("active: 2 runners: 2 idle");
  });

  it("applies changed settings at once, and leaves a busy runner its job", async () => {
    const before = await status();
    const job = await rig.occupy(patience());
    const { runnerName = "" } = job;
    await shows("a busy runner", ({ counts }) => counts?.busyNames.includes(runnerName) === true);
    // It was told by the guest: no round has asked GitHub.
    expect((await status())?.checkedAt).to.equal(before?.checkedAt);
    await rig.configure({ "virtual-machines": "1" }, patience(120_000));
    await shows("settings of one runner", ({ wanted }) => wanted === 1);
    expect(await rig.machines(patience())).to.deep.equal([job.runnerName]);
    await rig.release(job, patience());
    expect(await rig.ended(job.id, patience())).to.include({ conclusion: "success", assignments: 1 });
    await rig.gone(job.runnerName ?? "", patience());
    await idle(1);
  });

  it("goes on after a kill where it was, and nothing is doubled", async () => {
    const before = await rig.machines(patience());
    await kill("SIGKILL");
    start();
    await idle(1);
    expect(await rig.machines(patience())).to.deep.equal(before);
    expect(await rig.registrations(patience())).to.have.length(1);
  });

  it("creates nothing while a hook finds the options unusable", async () => {
    await rig.configure({ "vm-cpu": "0" }, patience(120_000));
    await shows("a pause", ({ activity }) => activity.state === "paused");
    const [lost = ""] = await rig.machines(patience());
    await rig.lxd.client.instances.changeState(lost, { action: "stop", force: true }, patience());
    await rig.gone(lost, patience());
    // The service takes what is left of it away.
    await rig.github.call("wait-for-runners", { registered: 0 }, patience());
    expect(await rig.machines(patience())).to.deep.equal([]);
    await rig.configure({ "vm-cpu": "2" }, patience(120_000));
    await idle(1);
  });

  it("tells no secret", () => {
    const { token = "" } = rig.config;
    expect(output).to.include("The runner service is ready");
    expect(output).not.to.include(token);
  });

  it("ends with the unit, and leaves nothing that would create runners", async () => {
    await rig.agent.remove(rig.application, false, patience(120_000));
    expect(await rig.machines(patience())).to.deep.equal([]);
    expect(await rig.registrations(patience())).to.deep.equal([]);
  });
});
