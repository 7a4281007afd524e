import { copyFile, cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { BASE_IMAGE_ALIAS, baseImageTarball } from "../../support/base-image/ensure-base-image.ts";
import type { JobView } from "../../support/github/state/job-record.ts";
import { EXCHANGE, MachineWithAgent, minutes } from "../machine-with-agent.ts";
import { makeReady, WHOLE_MACHINE } from "../ready.ts";
import { timedLines } from "../timed-lines.ts";

/** An emulated machine is ten times slower than a real one. */
const LIMIT_MS = 60 * 60_000;
const RUNNERS = 2;

/** Runs beside the machine, which it restarts: `npm run test:machine`. GitHub is outside of the machine. */
describe("a fresh machine with systemd", function () {
  this.timeout(LIMIT_MS);
  // Each test goes on from what the one before has left.
  this.bail(true);
  const say = timedLines();
  let lab: MachineWithAgent;

  before(async () => {
    await makeReady(WHOLE_MACHINE, ["emulator", "disk", "packages"], say, minutes(60));
    await mkdir(EXCHANGE, { recursive: true });
    await copyFile(await baseImageTarball({ progress: say }, minutes(10)), join(EXCHANGE, "base-image.tar"));
    await cp(join(WHOLE_MACHINE, "packages"), join(EXCHANGE, "packages"), { recursive: true });
    lab = await MachineWithAgent.start("gh-machine", say);
  });
  after(() => lab.stop());

  const idle = () => lab.idle(RUNNERS, minutes(40));
  const instances = () => lab.running(minutes(5));
  const status = () => lab.agent("status", minutes(10));
  /** A job that lasts until its machine ends. */
  const occupy = () => lab.begin(["sleep 100000"], minutes(20));
  /** Both sides have the wanted runners, and nothing else. */
  const isWhole = async (lost: JobView) => {
    const names = await idle();
    expect(names).to.not.include(lost.runnerName);
    expect(await instances()).to.deep.equal(names);
  };

  it("has runners after the README's commands, kept by systemd", async () => {
    say("installing");
    await lab.machine.sh(
      `lxc image import /exchange/base-image.tar --alias ${BASE_IMAGE_ALIAS}`,
      minutes(20),
    );
    const options = {
      ...{ "instance-type": "container", "base-image": BASE_IMAGE_ALIAS, "standby-runners": "0" },
      ...{ "vm-memory": "1GiB", "vm-disk": "2GiB", "virtual-machines": String(RUNNERS) },
      // GitHub keeps a runner whose power was cut until it takes it for offline.
      "reconcile-interval": "3",
    };
    expect(await lab.install(options, minutes(60))).to.equal(0);
    expect(await instances()).to.deep.equal(await idle());
    expect(await status()).to.include("2 runners: 2 idle");
    const units = "github-runner-agent.timer github-runner-0-runners.service";
    expect(await lab.machine.sh(`systemctl is-active ${units}`, minutes(5))).to.equal("active\nactive\n");
    const limit = await lab.machine.sh("cat /proc/sys/fs/inotify/max_user_instances", minutes(5));
    expect(Number(limit)).to.be.greaterThan(128);
  });

  it("replaces a used runner without a person", async () => {
    const before = await idle();
    const { conclusion, runnerName } = await lab.ended(
      await lab.begin(["echo done"], minutes(20)),
      minutes(20),
    );
    expect(conclusion).to.equal("success");
    const after = await idle();
    expect(after).to.not.include(runnerName);
    expect(before).to.include(runnerName);
  });

  it("keeps its runners, and a job under way, when LXD is upgraded unattended", async () => {
    const begun = await lab.begin(["until [ -e /opt/end ]; do sleep 1; done"], minutes(20));
    const { runnerName } = begun;
    const before = await instances();
    const processOf = () => lab.machine.sh("systemctl show --property MainPID --value lxd", minutes(5));
    const daemon = await processOf();
    say("upgrading");
    await lab.machine.sh(
      [
        "cp -r /exchange/packages /var/lib/newer-packages",
        "echo 'deb [trusted=yes] file:/var/lib/newer-packages ./' >/etc/apt/sources.list",
        "apt-get -q update",
        "unattended-upgrade --verbose",
      ].join("; "),
      minutes(40),
    );
    const versions = "dpkg-query --show --showformat '${Version}\n' lxd lxd-client dnsmasq-base";
    expect((await lab.machine.sh(versions, minutes(5))).trim().split("\n")).to.satisfy(
      (all: readonly string[]) => all.every((version) => version.endsWith("+newer1")),
    );
    expect(await processOf()).to.not.equal(daemon);
    say("looking at its runners");
    await lab.machine.sh("github-runner-agent dispatch-event reconcile-runners", minutes(40));
    expect(await instances()).to.deep.equal(before);
    expect(await status()).to.include("2 runners: 1 idle, 1 busy");
    await lab.machine.sh(`lxc exec ${runnerName ?? ""} -- touch /opt/end`, minutes(5));
    const job = await lab.ended(begun, minutes(20));
    expect(job.conclusion).to.equal("success");
    await isWhole(job);
  });

  it("comes back after a restart with a job under way", async () => {
    const lost = await occupy();
    say("restarting it");
    await lab.machine.reboot(minutes(30));
    await isWhole(lost);
  });

  it("comes back after a power cut with a job under way", async () => {
    const lost = await occupy();
    say("cutting its power");
    await lab.machine.cutPower();
    await lab.machine.start(minutes(30));
    await isWhole(lost);
  });

  it("ends no job and loses no runner when its clock jumps, forth and back", async () => {
    const job = await occupy();
    for (const jump of ["+2 hours", "-2 hours"]) {
      say(`setting its clock by ${jump}`);
      // The jump passes times of the unit's timers, so an image may be built, and idle runners replaced.
      await lab.machine.sh(
        `date --set '${jump}' >/dev/null && github-runner-agent dispatch-event reconcile-runners`,
        minutes(40),
      );
      await lab.github.control.call(
        "wait-for-runners",
        { idle: RUNNERS - 1, registered: RUNNERS },
        minutes(20),
      );
      const jobs = await lab.github.control.call("list-jobs", null, minutes(1));
      expect(jobs.find(({ id }) => id === job.id)).to.include({
        status: "in_progress",
        runnerName: job.runnerName,
      });
      expect(await instances()).to.include(job.runnerName);
    }
    await lab.machine.sh(`lxc exec ${job.runnerName ?? ""} -- pkill --full 'sleep 100000'`, minutes(5));
    await lab.ended(job, minutes(20));
    await isWhole(job);
  });

  it("runs a job while its disk is full, and goes on once there is room, without a restart", async () => {
    say("filling its disk");
    await lab.machine.sh("dd if=/dev/zero of=/var/filler bs=1M 2>/dev/null || true; sync", minutes(40));
    // More than the runner's share of what the pool had written before.
    const job = await lab.begin(
      ["head -c 800000000 /dev/urandom >large && sync large && rm large && echo done"],
      minutes(20),
    );
    const { conclusion, runnerName } = await lab.ended(job, minutes(20));
    expect(conclusion).to.equal("success");
    await lab.machine.sh("rm /var/filler", minutes(5));
    say("there is room");
    const names = await idle();
    expect(names).to.not.include(runnerName);
    expect(await instances()).to.deep.equal(names);
    expect(await status()).to.include("2 runners: 2 idle");
  });

  it("is left as it was by the commands that remove everything", async () => {
    await lab.machine.sh("github-runner-agent --quiet remove && github-runner-agent uninstall", minutes(40));
    expect(await lab.github.control.call("list-runners", null, minutes(1))).to.deep.equal([]);
    const left =
      "ls -d /var/lib/github-runner* /usr/local/bin/github-runner-agent /etc/systemd/system/*runner* 2>/dev/null || true";
    expect(await lab.machine.sh(left, minutes(5))).to.equal("");
    expect(await lab.machine.sh("lxc list --format csv; lxc storage list --format csv", minutes(5))).to.equal(
      "",
    );
  });
});
