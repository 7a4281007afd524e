import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { LxdMachines } from "../../src/lxd/lxd-machines.ts";
import { ownerConfig } from "../../src/lxd/ownership.ts";
import { ShareStore } from "../../src/metrics/share-store.ts";
import { runProcess, silentLogger, systemClock } from "charm-kit";
import { describeDaemon, patience, type Daemon } from "../../packages/lxd-client/tests/support.ts";

const OWNER = { unitName: "runners/0", deployment: "9f484882-2f18-4fd2-967d-db9663db7bea" };
const SHARE = "/metrics-exchange";
/** The user `ubuntu` of runners. */
const UBUNTU = 1000;

describeDaemon("the share of a runner's metrics", (daemon) => {
  let directory: string;
  let template: string;
  let machines: LxdMachines;
  let shares: ShareStore;
  let made = 0;

  before(async () => {
    template = await daemon().create("shares", { config: ownerConfig(OWNER, "template") });
  });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "shares-test-"));
    machines = machinesOn(daemon());
    shares = new ShareStore({
      directory: join(directory, "metrics"),
      quarantine: join(directory, "quarantine"),
      run: runProcess,
      clock: systemClock,
      log: silentLogger,
    });
  });

  afterEach(async () => {
    const { runners } = await machines.list(patience());
    for (const { name } of runners) await machines.destroy(name, patience());
    await shares.remove(patience());
    await rm(directory, { recursive: true });
  });

  const launch = async () => {
    const name = daemon().name(`shares${made++}`);
    const share = { source: await shares.prepare(name, patience()), path: SHARE };
    const profiles = [daemon().profile];
    await machines.launch(
      {
        name,
        template,
        profiles,
        configHash: "kind-1",
        scopeKey: "scope-1",
        deadline: Date.now() + 1e9,
        share,
      },
      patience(),
    );
    await shares.noteInstalled(name);
    return name;
  };
  const inGuest = async (name: string, script: string, user = UBUNTU) => {
    const command = ["/bin/sh", "-c", script] as const;
    const { exitCode, stdout, stderr } = await daemon().client.exec.run(
      name,
      { command: [...command], user, group: user },
      patience(),
    );
    return { exitCode, output: stdout + stderr };
  };
  const mounts = async () =>
    (await readFile("/proc/self/mounts", "utf8")).split("\n").filter((line) => line.includes(directory));

  it("is written by the runner's user, outlives the instance, is read once and leaves nothing", async () => {
    const name = await launch();
    const now = Math.floor(Date.now() / 1000);
    const preJob = {
      workflow: "CI",
      repository: "octo/hello",
      event: "push",
      timestamp: now,
      workflow_run_id: "7",
    };
    const postJob = { timestamp: now, status: "normal" };
    await inGuest(name, `echo '${JSON.stringify(preJob)}' >${SHARE}/pre-job-metrics.json`);
    await inGuest(name, `echo '${JSON.stringify(postJob)}' >${SHARE}/post-job-metrics.json`, 0);
    expect(await shares.collect([name], patience()), "of a runner that is alive").to.deep.equal([]);
    await machines.destroy(name, patience());

    const [trace, ...others] = await shares.collect([], patience());
    expect(others).to.deep.equal([]);
    expect(trace).to.deep.include({
      name,
      preJob: { workflow: "CI", repository: "octo/hello", event: "push", timestamp: now, runId: 7 },
      postJob: { timestamp: now, status: "normal", code: undefined },
    });
    expect(trace?.installedAt).to.be.closeTo(Date.now() / 1000, 60);
    expect(await shares.collect([], patience())).to.deep.equal([]);
    expect(await mounts()).to.deep.equal([]);
    expect(await readdir(directory, { recursive: true })).to.deep.equal(["metrics"]);
  });

  it("holds no more than a mebibyte and a few files, whatever its guest does, root or not", async () => {
    const name = await launch();
    for (const user of [UBUNTU, 0]) {
      const filled = await inGuest(name, `dd if=/dev/zero of=${SHARE}/big-${user} bs=64k count=64`, user);
      expect(filled.output).to.include("No space left on device");
      await inGuest(name, `rm ${SHARE}/big-${user}`, user);
      const many = await inGuest(
        name,
        `i=0; while [ $i -lt 1000000 ]; do touch ${SHARE}/$i || break; i=$((i + 1)); done; echo made $i`,
        user,
      );
      expect(Number(/made (\d+)/.exec(many.output)?.[1])).to.be.lessThan(100);
      await inGuest(name, `rm -r ${SHARE}/*`, user);
    }
    const remount = await inGuest(name, `mount -o remount,size=100m,dev,exec ${SHARE}`, 0);
    expect(remount.exitCode).not.to.equal(0);
  });

  it("is refused with harm to nobody when its guest fills it with rubbish, which is kept as evidence", async () => {
    const name = await launch();
    await inGuest(
      name,
      `cd ${SHARE}; mkfifo pre-job-metrics.json; ln -s /etc/passwd post-job-metrics.json; mkdir -p a/b/c/d
       : >"$(printf 'name\\nwith lines')"; ln -s / root; echo rubbish >rubbish; ln rubbish again; chmod 000 a rubbish`,
    );
    const devices = await inGuest(name, `mknod ${SHARE}/zero c 1 5`, 0);
    expect(devices.exitCode, "unprivileged root makes no devices").not.to.equal(0);
    await machines.destroy(name, patience());

    expect(await shares.collect([], patience())).to.have.lengthOf(1);
    const evidence = join(directory, "quarantine", name);
    const report = JSON.parse(await readFile(join(evidence, "report.json"), "utf8")) as {
      readonly file: string;
      readonly reason: string;
    }[];
    const told = Object.fromEntries(report.map(({ file, ...rest }) => [file, rest]));
    expect(told["pre-job-metrics.json"]).to.include({ reason: "it is a pipe", kind: "a pipe" });
    expect(told["post-job-metrics.json"]).to.include({ kind: "a symbolic link", target: "/etc/passwd" });
    expect(told["name\nwith lines"]).to.include({ kind: "a file", bytes: 0 });
    expect(told["rubbish"]).to.include({ kind: "a file", names: 2 });
    expect(told).to.include.keys("a", "again", "root");
    const copies = await Promise.all(
      (await readdir(evidence)).map((file) => readFile(join(evidence, file), "utf8")),
    );
    expect(copies).to.include("rubbish\n");
    expect(copies.join("")).not.to.include("root:x:");
    expect(await mounts()).to.deep.equal([]);
  });
});

function machinesOn({ client }: Daemon): LxdMachines {
  return new LxdMachines({
    client,
    owner: OWNER,
    deliverProgram: "/bin/true",
    activityCommand: ["/bin/true"],
    startConcurrency: 4,
  });
}
