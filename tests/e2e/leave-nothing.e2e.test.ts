import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";

/** Where the charm and Linux keep what outlives a process. */
const PLACES = [
  ...["/var/lib/github-runner", "/var/log/github-runner-logs", "/etc/systemd/system", "/etc/sysctl.d"],
  ...["/etc/systemd/system/timers.target.wants", "/etc/modules-load.d", "/var/lib/lxd/networks"],
  ...["/etc/logrotate.d", "/etc/cron.d", "/var/lib/lxd/storage-pools", "/var/lib/lxd/disks", "/run/lock"],
];

/** Other units may be at work on this machine at the same time. */
const isOwn = (line: string) => line.includes("e2eleave");

endToEnd("a unit that is removed", () => {
  let rig: Rig;
  let before: Awaited<ReturnType<typeof footprint>>;

  beforeEach(async () => {
    rig = await Rig.start({ application: "e2eleave" }, patience());
    before = await footprint();
  });

  afterEach(async () => {
    await rig.close(patience(120_000));
  });

  /** Everything on LXD, GitHub, disk, and among interfaces, mounts and processes. */
  const footprint = async () => {
    const own = (lines: readonly string[]) => lines.filter(isOwn).sort();
    const names = async (directory: string) =>
      (await readdir(directory).catch(() => [])).map((name) => join(directory, name));
    const inventory = [...(await rig.lxd.inventory(patience()))];
    return {
      lxd: own(inventory),
      untouched: inventory.filter((line) => line.startsWith("profile default ")),
      github: (await rig.registrations(patience())).map(({ name }) => name),
      files: own((await Promise.all(PLACES.map(names))).flat()),
      packetFilter: own((await promisify(execFile)("/usr/sbin/nft", ["list", "tables"])).stdout.split("\n")),
      mounts: own((await readFile("/proc/mounts", "utf8")).split("\n")).filter(
        (line) => !line.includes(rig.directory),
      ),
      charm: (await readdir(join(rig.directory, "agent/agents")).catch(() => [])).sort(),
    };
  };

  it("leaves nothing on LXD, on GitHub and on disk", async () => {
    await rig.deploy({ "virtual-machines": "2" }, patience(120_000));
    const during = await footprint();
    expect(during.lxd.join("\n"), "the comparison sees what there is")
      .to.match(/^instance e2eleave-0-/m)
      .and.to.match(/^image /m)
      .and.to.match(/^alias e2eleave-0 /m)
      .and.to.match(/^profile e2eleave-0-runner /m)
      .and.to.match(/^network ghr-/m)
      .and.to.match(/^ACL e2eleave-0 /m)
      .and.to.match(/^pool e2eleave-0 /m);
    expect(during.packetFilter).to.deep.equal([
      "table bridge github-runner.e2eleave-0",
      "table inet github-runner.e2eleave-0",
    ]);
    expect(during.github).to.have.lengthOf(2);
    expect(during.files).to.include(rig.dataDirectory);
    expect(during.charm).to.deep.equal(["unit-e2eleave-0"]);
    const instances = during.lxd.flatMap((line) => /^instance (\S+)/.exec(line)?.[1] ?? []);
    const logged = async () => (await readdir("/var/log/lxd")).filter((name) => instances.includes(name));
    expect(await logged()).to.have.lengthOf(3);
    await rig.agent.remove(rig.application, false, patience(120_000));
    expect(await footprint()).to.deep.equal(before);
    expect(await logged()).to.deep.equal([]);
  });

  it("leaves nothing when a runner is busy at its stop", async () => {
    await rig.deploy({ "virtual-machines": "2" }, patience(120_000));
    const job = await rig.occupy(patience());
    await rig.agent.remove(rig.application, false, patience(120_000));
    const left = await footprint();
    expect({ ...left, github: [] }).to.deep.equal(before);
    // GitHub gives up the registration of a runner with a job only when it misses the runner.
    expect(left.github.filter((name) => name !== job.runnerName)).to.deep.equal([]);
    await rig.github.call("advance-clock", { byMs: 15 * 60_000 }, patience());
    expect(await rig.registrations(patience())).to.deep.equal([]);
    expect(await rig.ended(job.id, patience())).to.include({ conclusion: "failure" });
  });

  it("leaves nothing on this machine when GitHub does not take its token any more", async () => {
    await rig.deploy({ "virtual-machines": "1" }, patience(120_000));
    await rig.github.call("revoke-token", { token: STANDARD_TOKEN }, patience());
    await rig.agent.remove(rig.application, false, patience(120_000));
    const left = await footprint();
    expect({ ...left, github: [] }).to.deep.equal(before);
    expect(left.github, "nobody else may delete it").to.have.lengthOf(1);
  });

  it("leaves nothing when it never had a usable configuration", async () => {
    await rig.deploy({ token: "" }, patience());
    await rig.agent.remove(rig.application, false, patience());
    expect(await footprint()).to.deep.equal(before);
  });
});
