import { join } from "node:path";
import { expect } from "chai";
import { runOrFail, runProcess, type RunProcess } from "charm-kit";
import { BASE_IMAGE_ALIAS } from "../../../tests/support/base-image/ensure-base-image.ts";
import { reasonToSkipLxd } from "../../../tests/support/lxd/reason-to-skip.ts";
import { Apt, CommandError, Systemd } from "../src/index.ts";

const MACHINE = "charmmachine";
const reason = reasonToSkipLxd();
const suite = reason === undefined ? describe : describe.skip;

const SERVICE = (command: string) =>
  `[Service]\nExecStart=${command}\n[Install]\nWantedBy=multi-user.target\n`;

suite(`Apt and Systemd on a machine${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(360_000);
  let signal: AbortSignal;
  let systemd: Systemd;
  let apt: Apt;

  const lxc = (...words: readonly string[]) =>
    runOrFail(runProcess, ["lxc", ...words], { action: "prepare the test", limitMs: 60_000, signal });
  const inMachine = (script: string) => lxc("exec", MACHINE, "--", "sh", "-euc", script);
  const run: RunProcess = (command, options) =>
    runProcess(["lxc", "exec", MACHINE, "--", ...command], options);
  const errorOf = (work: Promise<unknown>) => work.catch((thrown: unknown) => thrown as CommandError);
  const remove = async () => {
    await runProcess(["lxc", "delete", "--force", MACHINE], { action: "clean up", limitMs: 60_000, signal });
    await runProcess(["lxc", "storage", "delete", MACHINE], { action: "clean up", limitMs: 60_000, signal });
  };

  before(async () => {
    signal = AbortSignal.timeout(330_000);
    await remove();
    await lxc("storage", "create", MACHINE, "dir");
    await lxc("launch", BASE_IMAGE_ALIAS, MACHINE, "--no-profiles", "--storage", MACHINE);
    await inMachine("until systemctl is-active --quiet basic.target 2>/dev/null; do sleep 0.1; done");
    const state = JSON.parse(await lxc("query", `/1.0/instances/${MACHINE}/state`)) as {
      readonly pid: number;
    };
    const root = `/proc/${String(state.pid)}/root`;
    systemd = new Systemd({ run, units: join(root, "etc/systemd/system") });
    apt = new Apt({ run });
  });
  after(remove);

  it("runs a service from its file to its removal", async () => {
    const sleep = SERVICE("/bin/sleep infinity");
    expect(await systemd.writeUnit("web.service", sleep, signal)).to.equal(true);
    expect(await systemd.writeUnit("web.service", sleep, signal)).to.equal(false);
    await systemd.enable("web", signal, { now: true });
    const state = await systemd.state("web", signal);
    expect(state).to.include({ load: "loaded", active: "active", sub: "running", file: "enabled" });
    expect(state.mainPID).to.be.a("number");
    await systemd.restart("web", signal);
    expect((await systemd.state("web", signal)).mainPID).not.to.equal(state.mainPID);
    await systemd.reload("web", signal);
    await systemd.stop("web", signal);
    expect(await systemd.isActive("web", signal)).to.equal(false);
    await systemd.start("web", signal);
    await systemd.removeUnit("web.service", signal);
    await systemd.removeUnit("web.service", signal);
    expect(await systemd.state("web", signal)).to.include({
      load: "not-found",
      active: "inactive",
      mainPID: undefined,
    });
  });

  it("says why a service does not start", async () => {
    const script = "/bin/sh -c 'echo the port is taken; exit 3'";
    await systemd.writeUnit("bad.service", `[Service]\nType=oneshot\nExecStart=${script}\n`, signal);
    const error = await errorOf(systemd.start("bad", signal));
    expect(error).to.be.instanceOf(CommandError).and.to.include({ code: "systemd", exitCode: 1 });
    expect((error as CommandError).stderr).to.include("the port is taken");
    expect(await systemd.state("bad", signal)).to.include({ active: "failed", result: "exit-code" });
    expect(((await errorOf(systemd.start("nosuch", signal))) as CommandError).message).to.include(
      "not found",
    );
  });

  it("masks and unmasks", async () => {
    await systemd
      .writeUnit("masked.service", SERVICE("/bin/sleep 1"), signal)
      .then(() => systemd.removeUnit("masked.service", signal));
    await systemd.mask("masked.service", signal);
    expect(await systemd.state("masked", signal)).to.include({ load: "masked", file: "masked" });
    expect(await errorOf(systemd.start("masked", signal))).to.be.instanceOf(CommandError);
    await systemd.unmask("masked.service", signal);
    expect((await systemd.state("masked", signal)).load).to.equal("not-found");
  });

  it("installs, removes and purges a package of a file", async () => {
    const control =
      "Package: charm-probe\nVersion: 1.2-3\nArchitecture: all\nMaintainer: T <t@example.com>\nDescription: A probe\n";
    await inMachine(
      `mkdir -p /tmp/p/DEBIAN /tmp/p/etc; printf '${control.replaceAll("\n", "\\n")}' >/tmp/p/DEBIAN/control;
       echo a=1 >/tmp/p/etc/charm-probe.conf; echo /etc/charm-probe.conf >/tmp/p/DEBIAN/conffiles;
       dpkg-deb --build /tmp/p /tmp/charm-probe.deb`,
    );
    await apt.install([{ file: "/tmp/charm-probe.deb" }], signal);
    const installed = { name: "charm-probe", version: "1.2-3", architecture: "all" };
    expect(await apt.installed("charm-probe", signal)).to.deep.equal(installed);
    await apt.remove(["charm-probe"], signal);
    expect(await apt.installed("charm-probe", signal)).to.equal(undefined);
    await inMachine("test -e /etc/charm-probe.conf");
    await apt.remove(["charm-probe"], signal, { purge: true });
    await inMachine("! test -e /etc/charm-probe.conf");
  });

  it("says which package there is not", async () => {
    const error = await errorOf(apt.install(["no-such-package"], signal));
    expect(error).to.be.instanceOf(CommandError).and.to.include({ code: "apt", exitCode: 100 });
    expect((error as CommandError).message).to.include("no-such-package");
  });
});
