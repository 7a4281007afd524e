import { expect } from "chai";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderCommand, type RunProcess } from "charm-kit";
import { Host } from "../../src/host/host.ts";
import { VirtualMachinesError } from "../../src/host/machine-check.ts";
import type { HostPaths } from "../../src/host/host-paths.ts";
import { soon } from "../support/patience.ts";

const INSTANCES = "sys/fs/inotify/max_user_instances";
const signal = soon;
const quiet = () => undefined;
const CONTAINERS = { runners: 4, processes: 8192, virtualMachines: false };
const MACHINES = { runners: 4, processes: 8192, virtualMachines: true };

describe("Host", () => {
  let root = "";
  let paths: HostPaths;
  let commands: string[];
  let othersAtWork = false;
  const run: RunProcess = (words) => {
    commands.push(renderCommand(words));
    return Promise.resolve({ exitCode: 0, stdout: "", stderr: "" });
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "host-"));
    commands = [];
    othersAtWork = false;
    paths = {
      sysctlDirectory: join(root, "sysctl.d"),
      modulesDirectory: join(root, "modules-load.d"),
      proc: join(root, "proc"),
      sys: "/sys",
      dev: join(root, "dev"),
      storage: join(root, "storage"),
      rebootRequired: join(root, "reboot-required"),
    };
    mkdirSync(join(root, "proc/sys/fs/inotify"), { recursive: true });
    mkdirSync(paths.dev);
    writeFileSync(join(paths.proc, INSTANCES), "128\n");
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const host = (slug = "runners-0", hasMachines = false) =>
    new Host({
      paths,
      run,
      lxd: {
        answers: () => Promise.resolve(true),
        hasVirtualMachines: () => Promise.resolve(hasMachines),
        mayOtherUnitsHaveJobs: () => Promise.resolve(othersAtWork),
      },
      mayInstall: true,
      slug,
    });
  const kernel = () => Number(readFileSync(join(paths.proc, INSTANCES), "utf8"));
  const files = () =>
    [paths.sysctlDirectory, paths.modulesDirectory].flatMap((directory) => readdirSync(directory));

  it("raises the kernel's limits and keeps them raised with files that carry the unit's name", async () => {
    expect(await host().prepare(CONTAINERS, quiet, signal())).to.deep.equal([]);
    expect(kernel()).to.equal(128 + 6 * 128);
    expect(files()).to.deep.equal(["60-github-runner-runners-0.conf", "github-runner-runners-0.conf"]);
  });

  it("loads br_netfilter where it is not there, and has it loaded at each start", async () => {
    await host().prepare(CONTAINERS, quiet, signal());
    expect(commands).to.deep.equal(["modprobe br_netfilter"]);
    mkdirSync(join(paths.proc, "sys/net/bridge"), { recursive: true });
    await host().prepare(CONTAINERS, quiet, signal());
    expect(commands).to.have.length(1);
    expect(readFileSync(join(paths.modulesDirectory, "github-runner-runners-0.conf"), "utf8")).to.match(
      /^br_netfilter$/m,
    );
  });

  it("leaves an LXD that answers alone", async () => {
    await host().prepare(CONTAINERS, quiet, signal());
    expect(commands.filter((command) => !command.startsWith("modprobe"))).to.deep.equal([]);
  });

  it("tells what the kernel refuses, and goes on", async () => {
    rmSync(join(paths.proc, INSTANCES));
    mkdirSync(join(paths.proc, "sys/kernel/keys"), { recursive: true });
    // A directory in its place can be neither read nor written: as a parameter that is not there.
    mkdirSync(join(paths.proc, INSTANCES));
    writeFileSync(join(paths.proc, "sys/kernel/keys/maxkeys"), "200\n", { mode: 0o444 });
    const refused = await host().prepare(CONTAINERS, quiet, signal());
    // Root may write what nobody may.
    expect(refused).to.deep.equal(
      process.getuid?.() === 0 ? [] : ["the kernel refuses kernel.keys.maxkeys=800"],
    );
  });

  it("puts back what only the unit that goes needed, and leaves no file of it", async () => {
    await host("runners-0").prepare(CONTAINERS, quiet, signal());
    await host("others-0").prepare(CONTAINERS, quiet, signal());
    expect(kernel()).to.equal(128 + 12 * 128);
    await host("runners-0").remove(signal());
    expect(kernel()).to.equal(128 + 6 * 128);
    expect(files()).to.deep.equal(["60-github-runner-others-0.conf", "github-runner-others-0.conf"]);
    await host("others-0").remove(signal());
    expect(kernel()).to.equal(128);
    expect(files()).to.deep.equal([]);
  });

  it("may be removed before it was prepared", async () => {
    await host().remove(signal());
    expect(kernel()).to.equal(128);
  });

  it("refuses virtual machines where they cannot be had, and names the way out", async () => {
    const thrown = await host()
      .prepare(MACHINES, quiet, signal())
      .catch((e: unknown) => e);
    expect(thrown).to.be.instanceOf(VirtualMachinesError);
    expect((thrown as Error).message).to.equal(
      "Cannot run virtual machines on this machine: there is no /dev/kvm, and there is no /dev/vhost-vsock; set " +
        "instance-type=container, or deploy to a machine with KVM",
    );
    expect(commands).to.deep.equal(["modprobe br_netfilter", "modprobe vhost_vsock"]);
  });

  it("takes virtual machines where LXD offers them", async () => {
    expect(await host("runners-0", true).prepare(MACHINES, quiet, signal())).to.deep.equal([]);
  });

  it("may restart where the machine asks for it and no runner of another unit is at work", async () => {
    expect(await host().mayReboot(signal())).to.equal(false);
    writeFileSync(paths.rebootRequired, "*** System restart required ***\n");
    expect(await host().mayReboot(signal())).to.equal(true);
    othersAtWork = true;
    expect(await host().mayReboot(signal())).to.equal(false);
  });
});
