import { copyFile, cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { systemClock } from "charm-kit";
import { hostArchitecture } from "juju-charm/pack";
import { packAgent } from "../../../scripts/agent/pack-agent.ts";
import { runnerAgent } from "../../../scripts/agent/products.ts";
import { BASE_IMAGE_ALIAS, baseImageTarball } from "../../support/base-image/ensure-base-image.ts";
import { STANDARD_TOKEN } from "../../support/github/http/callers.ts";
import { buildArchive } from "../../support/github/runner-application/build-archive.ts";
import { StandInProcess } from "../../support/github/stand-in-process.ts";
import type { JobView } from "../../support/github/state/job-record.ts";
import { makeFreshDisk, makeReady, WHOLE_MACHINE } from "../ready.ts";
import { timedLines } from "../timed-lines.ts";
import { WholeMachine } from "../whole-machine.ts";

const ROOT = join(import.meta.dirname, "../../..");
const EXCHANGE = join(WHOLE_MACHINE, "exchange");
const REPOSITORY = "acme/widgets";
/** An emulated machine is ten times slower than a real one. */
const LIMIT_MS = 60 * 60_000;
const RUNNERS = 2;
const minutes = (count: number) => AbortSignal.timeout(count * 60_000);

/** Runs beside the machine, which it restarts: `npm run test:machine`. GitHub is outside of the machine. */
describe("a fresh machine with systemd", function () {
  this.timeout(LIMIT_MS);
  // Each test goes on from what the one before has left.
  this.bail(true);
  const say = timedLines();
  let directory: string;
  let github: StandInProcess;
  let machine: WholeMachine;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "whole-machine-"));
    await makeReady(WHOLE_MACHINE, ["emulator", "disk", "packages"], say, minutes(60));
    await mkdir(EXCHANGE, { recursive: true });
    await copyFile(await baseImageTarball({ progress: say }, minutes(10)), join(EXCHANGE, "base-image.tar"));
    await cp(join(WHOLE_MACHINE, "packages"), join(EXCHANGE, "packages"), { recursive: true });
    say("the agent's program");
    const architecture = hostArchitecture();
    const agent = await packAgent(
      ROOT,
      directory,
      architecture,
      await runnerAgent(ROOT, directory, architecture),
    );
    await copyFile(agent.path, join(EXCHANGE, "github-runner-agent"));
    const application = await buildArchive(directory, minutes(1));
    const controlSocket = join(directory, "github.sock");
    github = await StandInProcess.start(
      // An emulated guest answers late.
      {
        controlSocket,
        archives: [application.path],
        namespace: { name: "gh-machine" },
        offlineAfterMs: 5 * 60_000,
      },
      minutes(1),
    );
    await makeFreshDisk(WHOLE_MACHINE, minutes(1));
    machine = new WholeMachine({
      directory: WHOLE_MACHINE,
      repository: ROOT,
      clock: systemClock,
      write: (text) => process.stdout.write(text),
    });
    say("starting the machine");
    await machine.start(minutes(20));
  });
  after(async () => {
    await machine.cutPower();
    await github.stop(minutes(1));
    await rm(directory, { recursive: true, force: true });
  });

  const idle = async () => {
    const runners = await github.control.call(
      "wait-for-runners",
      { idle: RUNNERS, registered: RUNNERS },
      minutes(40),
    );
    return runners.map(({ name }) => name).sort();
  };
  const instances = async () => {
    const listed = await machine.sh(
      "lxc list --format csv --columns n user.github-runner.role=runner status=running",
      minutes(5),
    );
    return listed.split("\n").filter(Boolean).sort();
  };
  const status = async () => (await machine.sh("github-runner-agent status", minutes(10))).trim();
  /** A job that lasts until its machine ends. */
  const occupy = async (): Promise<JobView> => {
    const { id } = await github.control.call(
      "queue-job",
      { repository: REPOSITORY, labels: ["self-hosted"], steps: ["sleep 100000"] },
      minutes(1),
    );
    return github.control.call("wait-for-job", { id, status: "in_progress" }, minutes(20));
  };
  /** Both sides have the wanted runners, and nothing else. */
  const isWhole = async (lost: JobView) => {
    const names = await idle();
    expect(names).to.not.include(lost.runnerName);
    expect(await instances()).to.deep.equal(names);
  };

  it("has runners after the README's commands, kept by systemd", async () => {
    const options = {
      ...{ path: REPOSITORY, token: STANDARD_TOKEN, "github-url": github.url, "test-mode": "insecure" },
      ...{ "instance-type": "container", "image-server": "local", "base-image": BASE_IMAGE_ALIAS },
      ...{ "image-packages": "", "vm-memory": "1GiB", "vm-disk": "2GiB", "standby-runners": "0" },
      // GitHub keeps a runner whose power was cut until it takes it for offline.
      "reconcile-interval": "3",
      "virtual-machines": String(RUNNERS),
    };
    const yaml = Object.entries(options).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
    say("installing");
    await machine.sh(`lxc image import /exchange/base-image.tar --alias ${BASE_IMAGE_ALIAS}`, minutes(20));
    await machine.sh(`cat >runners.yaml <<'CONTENT'\n${yaml.join("\n")}\nCONTENT`, minutes(5));
    expect(
      await machine.run("/exchange/github-runner-agent install --config runners.yaml", minutes(60)),
    ).to.equal(0);
    expect(await instances()).to.deep.equal(await idle());
    expect(await status()).to.include("2 runners: 2 idle");
    const units = "github-runner-agent.timer github-runner-0-runners.service";
    expect(await machine.sh(`systemctl is-active ${units}`, minutes(5))).to.equal("active\nactive\n");
    const limit = await machine.sh("cat /proc/sys/fs/inotify/max_user_instances", minutes(5));
    expect(Number(limit)).to.be.greaterThan(128);
  });

  it("replaces a used runner without a person", async () => {
    const before = await idle();
    const { id } = await github.control.call(
      "queue-job",
      { repository: REPOSITORY, labels: ["self-hosted"], steps: ["echo done"] },
      minutes(1),
    );
    const { conclusion, runnerName } = await github.control.call(
      "wait-for-job",
      { id, status: "completed" },
      minutes(20),
    );
    expect(conclusion).to.equal("success");
    const after = await idle();
    expect(after).to.not.include(runnerName);
    expect(before).to.include(runnerName);
  });

  it("keeps its runners, and a job under way, when LXD is upgraded unattended", async () => {
    const { id } = await github.control.call(
      "queue-job",
      { repository: REPOSITORY, labels: ["self-hosted"], steps: ["until [ -e /opt/end ]; do sleep 1; done"] },
      minutes(1),
    );
    const { runnerName } = await github.control.call(
      "wait-for-job",
      { id, status: "in_progress" },
      minutes(20),
    );
    const before = await instances();
    const processOf = () => machine.sh("systemctl show --property MainPID --value lxd", minutes(5));
    const daemon = await processOf();
    say("upgrading");
    await machine.sh(
      [
        "cp -r /exchange/packages /var/lib/newer-packages",
        "echo 'deb [trusted=yes] file:/var/lib/newer-packages ./' >/etc/apt/sources.list",
        "apt-get -q update",
        "unattended-upgrade --verbose",
      ].join("; "),
      minutes(40),
    );
    const versions = "dpkg-query --show --showformat '${Version}\n' lxd lxd-client dnsmasq-base";
    expect((await machine.sh(versions, minutes(5))).trim().split("\n")).to.satisfy((all: readonly string[]) =>
      all.every((version) => version.endsWith("+newer1")),
    );
    expect(await processOf()).to.not.equal(daemon);
    say("looking at its runners");
    await machine.sh("github-runner-agent dispatch-event reconcile-runners", minutes(40));
    expect(await instances()).to.deep.equal(before);
    expect(await status()).to.include("2 runners: 1 idle, 1 busy");
    await machine.sh(`lxc exec ${runnerName ?? ""} -- touch /opt/end`, minutes(5));
    const job = await github.control.call("wait-for-job", { id, status: "completed" }, minutes(20));
    expect(job.conclusion).to.equal("success");
    await isWhole(job);
  });

  it("comes back after a restart with a job under way", async () => {
    const lost = await occupy();
    say("restarting it");
    await machine.reboot(minutes(30));
    await isWhole(lost);
  });

  it("comes back after a power cut with a job under way", async () => {
    const lost = await occupy();
    say("cutting its power");
    await machine.cutPower();
    await machine.start(minutes(30));
    await isWhole(lost);
  });

  it("ends no job and loses no runner when its clock jumps, forth and back", async () => {
    const job = await occupy();
    for (const jump of ["+2 hours", "-2 hours"]) {
      say(`setting its clock by ${jump}`);
      // The jump passes times of the unit's timers, so an image may be built, and idle runners replaced.
      await machine.sh(
        `date --set '${jump}' >/dev/null && github-runner-agent dispatch-event reconcile-runners`,
        minutes(40),
      );
      await github.control.call("wait-for-runners", { idle: RUNNERS - 1, registered: RUNNERS }, minutes(20));
      const jobs = await github.control.call("list-jobs", null, minutes(1));
      expect(jobs.find(({ id }) => id === job.id)).to.include({
        status: "in_progress",
        runnerName: job.runnerName,
      });
      expect(await instances()).to.include(job.runnerName);
    }
    await machine.sh(`lxc exec ${job.runnerName ?? ""} -- pkill --full 'sleep 100000'`, minutes(5));
    await github.control.call("wait-for-job", { id: job.id, status: "completed" }, minutes(20));
    await isWhole(job);
  });

  it("runs a job while its disk is full, and goes on once there is room, without a restart", async () => {
    say("filling its disk");
    await machine.sh("dd if=/dev/zero of=/var/filler bs=1M 2>/dev/null || true; sync", minutes(40));
    // More than the runner's share of what the pool had written before.
    const { id } = await github.control.call(
      "queue-job",
      {
        repository: REPOSITORY,
        labels: ["self-hosted"],
        steps: ["head -c 800000000 /dev/urandom >large && sync large && rm large && echo done"],
      },
      minutes(1),
    );
    const { conclusion, runnerName } = await github.control.call(
      "wait-for-job",
      { id, status: "completed" },
      minutes(20),
    );
    expect(conclusion).to.equal("success");
    await machine.sh("rm /var/filler", minutes(5));
    say("there is room");
    const names = await idle();
    expect(names).to.not.include(runnerName);
    expect(await instances()).to.deep.equal(names);
    expect(await status()).to.include("2 runners: 2 idle");
  });

  it("is left as it was by the commands that remove everything", async () => {
    await machine.sh("github-runner-agent --quiet remove && github-runner-agent uninstall", minutes(40));
    expect(await github.control.call("list-runners", null, minutes(1))).to.deep.equal([]);
    const left =
      "ls -d /var/lib/github-runner* /usr/local/bin/github-runner-agent /etc/systemd/system/*runner* 2>/dev/null || true";
    expect(await machine.sh(left, minutes(5))).to.equal("");
    expect(await machine.sh("lxc list --format csv; lxc storage list --format csv", minutes(5))).to.equal("");
  });
});
