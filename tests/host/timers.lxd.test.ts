import { expect } from "chai";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProcess, type RunProcess } from "charm-kit";
import { jujuDispatchCommand } from "../../src/charm/juju-dispatch.ts";
import { SystemdTimers } from "../../src/host/systemd-timers.ts";
import type { Timer } from "../../src/unit/ports.ts";
import { BASE_IMAGE_ALIAS } from "../support/base-image/ensure-base-image.ts";
import { reasonToSkipLxd } from "../support/lxd/reason-to-skip.ts";
import { until } from "../support/rig/until.ts";

const MACHINE = "ghrtimers";
const POOL = "ghrtimers";
/** Seconds that the call of an event takes: more than the pause between two. */
const CALL_SECONDS = 2;
const PAUSE_SECONDS = 1;

const reason = reasonToSkipLxd();
const suite = reason === undefined ? describe : describe.skip;

suite(`SystemdTimers under systemd${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(180_000);
  let directory = "";
  let signal: AbortSignal;

  const timersOf = (everySeconds: number): readonly Timer[] => [
    { event: "reconcile-runners", schedule: { everySeconds, delaySeconds: 0 } },
    { event: "refresh-image", schedule: { calendar: "*-*-* 00/6:07:00" } },
  ];

  before(async () => {
    // Here, and not where the suite is declared: that is minutes before it runs.
    signal = AbortSignal.timeout(720_000);
    await removeAll();
    directory = await mkdtemp(join(tmpdir(), "timers-lxd-"));
    await chmod(directory, 0o755);
    // What Juju has in its place runs the command in the unit; this one writes down what it was asked for, and when.
    const script = `#!/bin/sh\necho "begin $*" >>/var/calls\nsleep ${CALL_SECONDS}\necho end >>/var/calls\n`;
    await writeFile(join(directory, "juju-exec"), script, { mode: 0o755 });
    await lxc("storage", "create", POOL, "dir");
    await lxc("init", BASE_IMAGE_ALIAS, MACHINE, "--no-profiles", "--storage", POOL);
    const device = ["disk", `source=${directory}`, `path=${directory}`];
    await lxc("config", "device", "add", MACHINE, "calls", ...device);
    await lxc("start", MACHINE);
    await booted();
  });

  after(async () => {
    await removeAll();
    await rm(directory, { recursive: true, force: true });
  });

  /** Timers of a unit in the container: its files by way of its first process, its systemctl by LXD. */
  const timers = async () => {
    const root = `/proc/${await initOf(MACHINE)}/root`;
    const run: RunProcess = (command, options) =>
      runProcess(["lxc", "exec", MACHINE, "--", ...command], options);
    return new SystemdTimers({
      unit: { name: "runners/0", slug: "runners-0" },
      paths: {
        units: join(root, "etc/systemd/system"),
        booted: join(root, "run/systemd/system"),
      },
      dispatchCommand: (event) => jujuDispatchCommand("runners/0", event, directory),
      run,
    });
  };
  const calls = async () =>
    (await inMachine("cat /var/calls 2>/dev/null || true")).split("\n").filter(Boolean);
  const callsAfter = async (count: number) =>
    until(
      `call ${count} of juju-exec`,
      async () => {
        const seen = await calls();
        return seen.length >= count && seen;
      },
      signal,
    );

  it("dispatches the event on the unit again and again, and never twice at a time", async () => {
    expect(await (await timers()).ensure(timersOf(PAUSE_SECONDS), signal)).to.equal("running");
    const seen = await callsAfter(5);
    const begin = "begin runners/0 JUJU_DISPATCH_PATH=hooks/reconcile-runners ./dispatch";
    expect(seen.slice(0, 5)).to.deep.equal([begin, "end", begin, "end", begin]);
    expect(await (await timers()).check(timersOf(PAUSE_SECONDS), signal)).to.equal("running");
  });

  it("knows the next time of the refresh", async () => {
    const next = await inMachine(
      "systemctl show -p NextElapseUSecRealtime ghro.runners-0.refresh-image.timer",
    );
    expect(next).to.match(/:07:00 /);
  });

  it("starts a timer again that somebody has stopped", async () => {
    await inMachine("systemctl disable --now ghro.runners-0.reconcile-runners.timer");
    expect(await (await timers()).check(timersOf(PAUSE_SECONDS), signal)).to.equal("stopped");
    expect(await (await timers()).ensure(timersOf(PAUSE_SECONDS), signal)).to.equal("running");
    expect(await (await timers()).check(timersOf(PAUSE_SECONDS), signal)).to.equal("running");
  });

  it("waits as long as the changed interval says, and leaves the call that is at work to end", async () => {
    const { length } = await calls();
    await callsAfter(length + (length % 2 === 0 ? 1 : 2));
    await (await timers()).ensure(timersOf(3600), signal);
    await until("the end of the call", async () => (await calls()).at(-1) === "end", signal);
    const after = await calls();
    await new Promise((resolve) => setTimeout(resolve, 2 * PAUSE_SECONDS * 1000));
    expect(await calls()).to.deep.equal(after);
  });

  it("dispatches after a reboot of the machine", async () => {
    await (await timers()).ensure(timersOf(PAUSE_SECONDS), signal);
    await lxc("restart", "--force", MACHINE);
    await inMachine("rm -f /var/calls");
    await callsAfter(1);
  });

  it("goes away, with the call at work and everything that systemd has of it", async () => {
    await callsAfter(1);
    await (await timers()).remove(signal);
    const root = `/proc/${await initOf(MACHINE)}/root/etc/systemd/system`;
    const files = await readdir(root, { recursive: true });
    expect(files.filter((name) => name.includes("ghro."))).to.deep.equal([]);
    expect((await inMachine("systemctl list-units --all --no-legend 'ghro.*'")).trim()).to.equal("");
    const after = await calls();
    await new Promise((resolve) => setTimeout(resolve, 2 * PAUSE_SECONDS * 1000));
    expect(await calls()).to.deep.equal(after);
    await (await timers()).remove(signal);
  });

  /** Not to the end: without a network that takes long. */
  const booted = () =>
    inMachine("until systemctl is-active --quiet timers.target 2>/dev/null; do sleep 0.1; done");

  const inMachine = (script: string) => lxc("exec", MACHINE, "--", "sh", "-c", script);
});

async function initOf(machine: string): Promise<string> {
  return /^PID: (\d+)$/im.exec(await lxc("info", machine))?.[1] ?? "";
}

async function lxc(...args: readonly string[]): Promise<string> {
  const options = { action: `run lxc ${args[0]}`, limitMs: 60_000, signal: new AbortController().signal };
  const { exitCode, stdout, stderr } = await runProcess(["lxc", ...args], options);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}

/** Also what a run that was killed has left. */
async function removeAll(): Promise<void> {
  await lxc("delete", "--force", MACHINE).catch(() => undefined);
  await lxc("storage", "delete", POOL).catch(() => undefined);
}
