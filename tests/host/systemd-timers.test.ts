import { expect } from "chai";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunProcess } from "charm-kit";
import { SystemdError, SystemdTimers } from "../../src/host/systemd-timers.ts";
import { jujuDispatchCommand } from "../../src/charm/juju-dispatch.ts";
import { everyMinutes } from "../../src/host/timers.ts";
import type { Timer } from "../../src/unit/ports.ts";

const timersOf = (minutes: number): readonly Timer[] => [
  { event: "reconcile-runners", schedule: everyMinutes(minutes) },
  { event: "refresh-image", schedule: { calendar: "*-*-* 00/6:07:00" } },
];
const RECONCILE = "ghro.runners-0.reconcile-runners";
const REFRESH = "ghro.runners-0.refresh-image";

describe("SystemdTimers", () => {
  let directory = "";
  /** Words of each call of systemctl. */
  let calls: string[][] = [];
  /** Units that systemd runs and has enabled. */
  let active: Set<string>;
  let failure = "";
  const signal = new AbortController().signal;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "timers-"));
    await mkdir(join(directory, "units/timers.target.wants"), { recursive: true });
    await mkdir(join(directory, "bin"));
    await writeFile(join(directory, "booted"), "");
    await writeFile(join(directory, "bin/juju-exec"), "");
    await chmod(join(directory, "bin/juju-exec"), 0o755);
    calls = [];
    active = new Set();
    failure = "";
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const run: RunProcess = ([, verb = "", ...words]) => {
    calls.push([verb, ...words]);
    if (failure !== "") return Promise.resolve({ exitCode: 1, stdout: "", stderr: failure });
    if (verb === "restart") for (const name of words) active.add(name);
    if (verb === "stop") for (const name of words) active.delete(name);
    const named = words.slice(words.indexOf("--") + 1);
    const shown = named.map((name) =>
      [
        `Id=${name}`,
        `ActiveState=${active.has(name) ? "active" : "inactive"}`,
        `UnitFileState=${active.has(name) ? "enabled" : "disabled"}`,
        "NeedDaemonReload=no",
      ].join("\n"),
    );
    return Promise.resolve({ exitCode: 0, stdout: verb === "show" ? shown.join("\n\n") : "", stderr: "" });
  };
  const timersFor = (slug: string) =>
    new SystemdTimers({
      unit: { name: slug.replace(/-(\d+)$/, "/$1"), slug },
      paths: {
        units: join(directory, "units"),
        booted: join(directory, "booted"),
      },
      dispatchCommand: (event) =>
        jujuDispatchCommand(
          slug.replace(/-(\d+)$/, "/$1"),
          event,
          `${join(directory, "nothing")}:${join(directory, "bin")}`,
        ),
      run,
    });
  const files = async () =>
    (await readdir(join(directory, "units"))).filter((name) => name !== "timers.target.wants").sort();
  const verbs = () => calls.map(([verb]) => verb);

  it("writes a service and a timer for each event, and starts the timers", async () => {
    expect(await timersFor("runners-0").ensure(timersOf(10), signal)).to.equal("running");
    expect(await files()).to.deep.equal([
      `${RECONCILE}.service`,
      `${RECONCILE}.timer`,
      `${REFRESH}.service`,
      `${REFRESH}.timer`,
    ]);
    expect([...active].sort()).to.deep.equal([`${RECONCILE}.timer`, `${REFRESH}.timer`]);
    expect(await readFile(join(directory, "units", `${RECONCILE}.service`), "utf8")).to.include(
      `ExecStart=${join(directory, "bin/juju-exec")} runners/0 `,
    );
  });

  it("does nothing but look when all is as it should be", async () => {
    await timersFor("runners-0").ensure(timersOf(10), signal);
    calls = [];
    expect(await timersFor("runners-0").ensure(timersOf(10), signal)).to.equal("running");
    expect(verbs()).to.deep.equal(["show"]);
  });

  it("restarts only the timer whose interval has changed", async () => {
    await timersFor("runners-0").ensure(timersOf(10), signal);
    calls = [];
    await timersFor("runners-0").ensure(timersOf(20), signal);
    expect(verbs()).to.deep.equal(["show", "daemon-reload", "enable", "restart"]);
    expect(calls.at(-1)).to.deep.equal(["restart", `${RECONCILE}.timer`]);
  });

  it("starts a timer that somebody has stopped, without another reading of units", async () => {
    await timersFor("runners-0").ensure(timersOf(10), signal);
    active.delete(`${REFRESH}.timer`);
    expect(await timersFor("runners-0").check(timersOf(10), signal)).to.equal("stopped");
    calls = [];
    await timersFor("runners-0").ensure(timersOf(10), signal);
    expect(verbs()).to.deep.equal(["show", "enable", "restart"]);
    expect(await timersFor("runners-0").check(timersOf(10), signal)).to.equal("running");
  });

  it("writes again what somebody has deleted or changed", async () => {
    await timersFor("runners-0").ensure(timersOf(10), signal);
    await rm(join(directory, "units", `${RECONCILE}.service`));
    await writeFile(join(directory, "units", `${REFRESH}.timer`), "changed");
    const before = await readFile(join(directory, "units", `${RECONCILE}.timer`), "utf8");
    await timersFor("runners-0").ensure(timersOf(10), signal);
    expect(await files()).to.have.lengthOf(4);
    expect(await readFile(join(directory, "units", `${REFRESH}.timer`), "utf8")).to.include("OnCalendar=");
    expect(await readFile(join(directory, "units", `${RECONCILE}.timer`), "utf8")).to.equal(before);
  });

  it("takes away timers that are not wanted any more, and what a killed dispatch has half written", async () => {
    await timersFor("runners-0").ensure(timersOf(10), signal);
    await writeFile(join(directory, "units", `${RECONCILE}.timer.new`), "[Ti");
    await timersFor("runners-0").ensure(timersOf(10).slice(0, 1), signal);
    expect(await files()).to.deep.equal([`${RECONCILE}.service`, `${RECONCILE}.timer`]);
    expect([...active]).to.deep.equal([`${RECONCILE}.timer`]);
  });

  it("removes everything of its unit and nothing of another one, twice if need be", async () => {
    await timersFor("runners-0").ensure(timersOf(10), signal);
    await timersFor("runners-01").ensure(timersOf(10), signal);
    await writeFile(join(directory, "units/timers.target.wants", `${RECONCILE}.timer`), "");
    await writeFile(join(directory, "units/other.service"), "");
    await timersFor("runners-0").remove(signal);
    expect((await files()).every((name) => !name.startsWith("ghro.runners-0."))).to.equal(true);
    expect(await files()).to.have.lengthOf(5);
    expect(await readdir(join(directory, "units/timers.target.wants"))).to.deep.equal([]);
    expect([...active].every((name) => name.startsWith("ghro.runners-01."))).to.equal(true);
    calls = [];
    await timersFor("runners-0").remove(signal);
    expect(calls).to.deep.equal([]);
  });

  it("changes nothing on a machine without systemd, or without what runs a command in a unit", async () => {
    await rm(join(directory, "bin/juju-exec"));
    expect(await timersFor("runners-0").ensure(timersOf(10), signal)).to.equal("no-dispatcher");
    await rm(join(directory, "booted"));
    expect(await timersFor("runners-0").ensure(timersOf(10), signal)).to.equal("no-systemd");
    expect(await timersFor("runners-0").check(timersOf(10), signal)).to.equal("no-systemd");
    await timersFor("runners-0").remove(signal);
    expect([await files(), calls]).to.deep.equal([[], []]);
  });

  it("takes what Juju 2.9 has in place of juju-exec", async () => {
    await rm(join(directory, "bin/juju-exec"));
    await writeFile(join(directory, "bin/juju-run"), "", { mode: 0o755 });
    await timersFor("runners-0").ensure(timersOf(10), signal);
    expect(await readFile(join(directory, "units", `${REFRESH}.service`), "utf8")).to.include("/juju-run ");
  });

  it("says what systemd says when it refuses", async () => {
    failure = "Failed to connect to bus:\n No such file\n";
    const thrown: unknown = await timersFor("runners-0")
      .ensure(timersOf(10), signal)
      .catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(SystemdError);
    expect((thrown as SystemdError).message).to.equal(
      'Cannot look at timers: systemd says "Failed to connect to bus: No such file"',
    );
  });
});
