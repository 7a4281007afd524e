import { cp } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { Instance, Image } from "lxd-client";
import type { JobView } from "../../support/github/state/job-record.ts";
import { EXCHANGE, MachineWithAgent, minutes } from "../machine-with-agent.ts";
import { makeReady, WHOLE_MACHINE } from "../ready.ts";
import { timedLines } from "../timed-lines.ts";

/** A virtual machine in a virtual machine that is emulated takes minutes for what others do in seconds. */
const LIMIT_MS = 180 * 60_000;
const BASE_IMAGE = "vm-base";
const RUNNERS = 2;
/** Whose alias the unit's image has. */
const SLUG = "github-runner-0";
/** Everything on LXD, in the firewall, among mounts and services that a unit makes; its own base image and bridge are not. */
const LEFT = `
lxc list --format csv --columns n; lxc storage list --format csv; lxc network acl list --format csv
lxc network list --format csv | grep ',YES,' || true
lxc profile list --format csv | grep -v '^default,' || true
lxc image list --format csv --columns l | grep -vx ${BASE_IMAGE} || true
nft list tables | grep github-runner || true; grep github-runner /proc/mounts || true
systemctl list-units --all --plain --no-legend '*github-runner*'
ls -d /var/lib/github-runner* /usr/local/bin/github-runner-agent /etc/systemd/system/*runner* 2>/dev/null || true
pgrep --list-full qemu-system || true
`;

/** Runs beside the machine, which it restarts: `npm run test:vm`. GitHub is outside of the machine. */
describe("runners in virtual machines", function () {
  this.timeout(LIMIT_MS);
  // Each test goes on from what the one before has left.
  this.bail(true);
  const say = timedLines();
  let lab: MachineWithAgent;

  before(async () => {
    await makeReady(WHOLE_MACHINE, ["emulator", "disk", "base"], say, minutes(60));
    lab = await MachineWithAgent.start("gh-virtual", say);
    await cp(join(WHOLE_MACHINE, "base"), join(EXCHANGE, "base"), { recursive: true });
    say("importing the base image");
    const files = ["metadata.tar", "rootfs.img"].map((name) => `/exchange/base/${name}`);
    await lab.machine.sh(`lxc image import ${files.join(" ")} --alias ${BASE_IMAGE}`, minutes(20));
  });
  after(() => lab.stop());

  const lxd = async <Listed>(path: string) =>
    JSON.parse(await lab.machine.sh(`lxc query '${path}'`, minutes(5))) as Listed;
  const instances = () => lxd<readonly Instance[]>("/1.0/instances?recursion=1");
  const image = async () => (await lxd<{ target: string }>(`/1.0/images/aliases/${SLUG}`)).target;
  const inside = (name: string, script: string) => lab.inRunner(name, script, minutes(10));
  /** Both sides have the wanted runners, and nothing else, whatever its state. */
  const whole = async (count = RUNNERS) => {
    const names = await lab.idle(count, minutes(60));
    const runners = (await instances()).filter(
      ({ config }) => config["user.github-runner.role"] === "runner",
    );
    expect(runners.map(({ name }) => name).sort()).to.deep.equal(names);
    return names;
  };

  /** A job that lasts until it is let go, or its machine ends. */
  const occupy = () => lab.begin(["until [ -e /tmp/enough ]; do sleep 1; done; echo done"], minutes(20));

  it("are made by the README's commands from an image that was built in one, with the configured resources", async () => {
    const size = {
      "vm-cpu": "1",
      "vm-memory": "1GiB",
      "vm-disk": "10GiB",
      "virtual-machines": String(RUNNERS),
    };
    // No standby instances, since the machine has one processor for all.
    const options = { "base-image": BASE_IMAGE, "standby-runners": "0", "reconcile-interval": "3", ...size };
    say("installing");
    expect(await lab.install(options, minutes(90))).to.equal(0);
    const names = await whole();
    const all = await instances();
    expect(all.map(({ type }) => type)).to.deep.equal(all.map(() => "virtual-machine"));
    for (const { expanded_config: config } of all.filter(({ name }) => names.includes(name))) {
      expect(config).to.include({ "limits.cpu": "1", "limits.memory": "1GiB" });
    }
    await lab.shows("2 runners: 2 idle", minutes(20));
    const images = await lxd<readonly Image[]>("/1.0/images?recursion=1");
    expect(images.map(({ type }) => type)).to.deep.equal(["virtual-machine", "virtual-machine"]);
  });

  it("run a job, reach neither the machine nor each other, and are destroyed after it", async () => {
    const [first = "", second = ""] = await whole();
    const listen = "sleep 99999 if IO::Socket::INET->new(LocalPort => 8000, Listen => 9)";
    const addresses: Record<string, string> = {};
    for (const name of [first, second]) {
      await inside(name, `systemd-run --quiet perl -MIO::Socket::INET -e "${listen}"`);
      addresses[name] = (
        await inside(name, 'ip -4 -o address show scope global | sed "s/.*inet //; s,/.*,,"')
      ).trim();
      await inside(name, "until : </dev/tcp/127.0.0.1/8000; do sleep 1; done");
    }
    const gateway = (await inside(first, 'ip -4 route show default | cut -d" " -f3')).trim();
    await lab.machine.sh(`bash -c ': </dev/tcp/${gateway}/22'`, minutes(5));
    const closed = (address: string, port: number) =>
      `if timeout 10 bash -c ": </dev/tcp/${address}/${port}"; then echo "${address} answers"; exit 1; fi`;
    const job = await lab.begin(
      [
        "systemd-detect-virt --vm",
        'test "$(nproc)" = 1',
        'test "$(awk "/^MemTotal/ { print \\$2 }" /proc/meminfo)" -lt 1048576',
        // Blocks of 512 bytes.
        'test "$(cat /sys/block/sda/size)" = $((10 * 1024 * 1024 * 2))',
        closed(gateway, 22),
        ...Object.values(addresses).map(
          (address) => `hostname -I | grep -qw ${address} || ${closed(address, 8000)}`,
        ),
      ],
      minutes(20),
    );
    const { conclusion, log, runnerName } = await lab.ended(job, minutes(20));
    expect(conclusion, log).to.equal("success");
    expect(await whole()).to.not.include(runnerName);
  });

  it("are new after a restart of the machine with one busy and one idle", async () => {
    const before = await whole();
    const lost = await occupy();
    say("restarting the machine");
    await lab.machine.reboot(minutes(40));
    say("it has booted");
    const after = await whole();
    expect(after.filter((name) => before.includes(name))).to.deep.equal([]);
    const { conclusion } = await lab.ended(lost, minutes(20));
    expect(conclusion).to.be.oneOf(["failure", "cancelled"]);
    const { summary } = await lab.act(`explain-runner name=${lost.runnerName ?? ""}`, minutes(20));
    expect(summary).to.include("its instance ended with LXD or with the machine");
    await lab.shows("2 runners: 2 idle", minutes(20));
  });

  it("are frozen before they are deregistered and destroyed, when fewer are wanted", async () => {
    await lab.machine.sh(
      "systemd-run --quiet --unit events sh -c 'lxc monitor --type lifecycle --format json >/run/events'",
      minutes(5),
    );
    const before = await whole();
    await lab.agent("config virtual-machines=1", minutes(30));
    const [left = ""] = await whole(1);
    const gone = before.find((name) => name !== left) ?? "";
    const events = (await lab.machine.sh("cat /run/events", minutes(5))).split("\n").filter(Boolean);
    const actions = events
      .map((line) => (JSON.parse(line) as { metadata: { action: string; source: string } }).metadata)
      .filter(({ source }) => source.includes(gone))
      .map(({ action }) => action);
    expect(actions.filter((action) => /paused|stopped|deleted/.test(action))).to.deep.equal([
      "instance-paused",
      "instance-stopped",
      "instance-deleted",
    ]);
  });

  it("have a new image after a job that outlasts its build", async () => {
    const [former, job] = [await image(), await occupy()];
    say("building a new image");
    const built = await lab.act("build-image", minutes(90));
    expect(await image())
      .to.equal(built["image"])
      .and.not.equal(former);
    say("built");
    expect(await unended(job)).to.include({ status: "in_progress", runnerName: job.runnerName });
    await inside(job.runnerName ?? "", "touch /tmp/enough");
    expect((await lab.ended(job, minutes(20))).conclusion).to.equal("success");
    const [successor] = await whole(1);
    const runner = (await instances()).find(({ name }) => name === successor);
    expect(runner?.config["volatile.base_image"]).to.equal(await image());
  });

  const unended = async ({ id }: JobView) => {
    const jobs = await lab.github.control.call("list-jobs", null, minutes(1));
    return jobs.find((job) => job.id === id);
  };

  it("leave nothing on the machine, on LXD and at GitHub when all is removed", async () => {
    await lab.agent("--quiet remove", minutes(40));
    await lab.agent("uninstall", minutes(10));
    expect(await lab.github.control.call("list-runners", null, minutes(1))).to.deep.equal([]);
    expect(await lab.machine.sh(LEFT, minutes(5))).to.equal("");
    expect(await lab.github.control.call("violations", null, minutes(1))).to.deep.equal([]);
  });
});
