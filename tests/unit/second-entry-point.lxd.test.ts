import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { once } from "node:events";
import { expect } from "chai";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { reasonToSkipLxd } from "../support/lxd/reason-to-skip.ts";
import { clearLeftovers } from "../support/rig/clear-leftovers.ts";
import { patience } from "../support/rig/end-to-end.ts";
import { REPOSITORY, Rig } from "../support/rig/rig.ts";
import { until } from "../support/rig/until.ts";
import { containerConfiguration } from "./container-configuration.ts";
import type { WorkloadInput, WorkloadOutput } from "./workload-program.ts";

const PROGRAM = join(import.meta.dirname, "workload-program.ts");
const OF_JUJU = /\/(?:packages\/juju-[^/]+|src\/charm)\//;
const reason = reasonToSkipLxd();
const declare = reason === undefined ? describe : describe.skip;

declare(`a second entry point${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(900_000);
  let rig: Rig;
  let input: WorkloadInput;

  before(async () => {
    rig = await Rig.start({ application: "entry" }, patience());
    const data = join(rig.directory, "data");
    input = {
      unit: { appName: rig.application, unitName: rig.unit, deployment: randomUUID() },
      system: {
        arch: process.arch === "arm64" ? "arm64" : "x64",
        dataRoot: data,
        logRoot: join(rig.directory, "logs"),
        metricsLog: join(rig.directory, "metrics.log"),
        metricsRotation: join(rig.directory, "metrics-rotation"),
        systemd: { units: join(rig.directory, "systemd"), booted: join(rig.directory, "no-systemd") },
        env: {},
      },
      configuration: containerConfiguration({
        repository: REPOSITORY,
        githubUrl: rig.config["github-url"] ?? "",
        count: 1,
      }),
      token: STANDARD_TOKEN,
    };
    await clearLeftovers(rig.lxd.client, rigOf(data), patience());
  });

  after(async () => {
    await clearLeftovers(rig.lxd.client, rigOf(input.system.dataRoot), patience());
    await rig.close(patience());
  });

  const rigOf = (data: string) => ({
    unit: rig.unit,
    slug: rig.slug,
    dataDirectory: join(data, rig.slug),
  });

  /** Runs the program in a process of its own. */
  async function run(verb: "reconcile" | "check" | "remove", given = input): Promise<WorkloadOutput> {
    const child = spawn(process.execPath, [PROGRAM, verb], { stdio: ["pipe", "pipe", "pipe"] });
    child.stdin.end(JSON.stringify(given));
    const [stdout, stderr] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    expect(child.exitCode, stderr).to.equal(0);
    return JSON.parse(stdout) as WorkloadOutput;
  }

  /** Everything on LXD that names the unit, of any deployment, except images. */
  async function unitObjects(): Promise<readonly string[]> {
    const { instances, networkACLs, networks, profiles, storagePools } = rig.lxd.client;
    const lists = [
      instances.list(undefined, patience()),
      profiles.list(patience()),
      storagePools.list(patience()),
      networkACLs.list(patience()),
    ];
    const names = (await Promise.all(lists)).flat().map(({ name }) => name);
    const bridges = (await networks.list(patience())).filter(({ description }) =>
      description.includes(rig.unit),
    );
    return [...names.filter((name) => name.includes(rig.slug)), ...bridges.map(({ name }) => name)].sort();
  }

  it("opens a workload from data and creates a runner, without loading any Juju module", async () => {
    const { runners, loaded } = await run("reconcile");
    expect(runners).to.have.lengthOf(1);
    expect(await rig.machines(patience())).to.deep.equal(runners);
    const registered = await rig.registrations(patience());
    expect(registered.map(({ name, status }) => `${name} ${status}`)).to.deep.equal([`${runners[0]} online`]);
    expect(loaded.filter((url) => url.includes("/src/unit/"))).not.to.be.empty;
    expect(loaded.filter((url) => OF_JUJU.test(url))).to.deep.equal([]);
  });

  it("finds a runner of another process, and replaces it after its job", async () => {
    const [first = ""] = (await run("check")).runners;
    const { id } = await rig.queue(["echo from a job"], patience());
    expect((await rig.ended(id, patience())).log).to.include("from a job");
    await until(
      `the end of ${first}`,
      async () => !(await rig.machines(patience())).includes(first),
      patience(),
    );
    const { runners } = await run("reconcile");
    expect(runners).to.have.lengthOf(1).and.not.include(first);
  });

  it("works beside what a unit of the same name of another deployment has left, and leaves that alone", async () => {
    const left = await rig.machines(patience());
    const objects = () => unitObjects();
    const before = await objects();
    const second = { ...input, unit: { ...input.unit, deployment: randomUUID() } };
    const { runners } = await run("reconcile", second);
    expect(runners).to.have.lengthOf(1).and.not.include(left[0]);
    expect((await run("check", second)).runners).to.deep.equal(runners);
    expect((await run("check")).runners).to.deep.equal(left);
    expect((await objects()).length).to.equal(before.length * 2);
    await run("remove", second);
    expect(await objects()).to.deep.equal(before);
    expect((await run("check")).runners).to.deep.equal(left);
  });

  it("leaves nothing on the machine or at GitHub", async () => {
    await run("remove");
    expect(await rig.registrations(patience())).to.deep.equal([]);
    expect(await unitObjects()).to.deep.equal([]);
  });
});
