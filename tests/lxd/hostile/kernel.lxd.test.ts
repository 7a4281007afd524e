import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { patience, reasonToSkip } from "../../../packages/lxd-client/tests/support.ts";
import { destroyInstance } from "../../../src/lxd/destroy-instance.ts";
import {
  openInfrastructure,
  roomFor,
  SMALL,
  type InfrastructureFixture,
} from "../../contract/lxd-infrastructure-fixture.ts";
import { ensureBaseImage, BASE_IMAGE_ALIAS } from "../../support/base-image/ensure-base-image.ts";

const reason = reasonToSkip();
const describeLxd = reason === undefined ? describe : describe.skip;

describeLxd(
  `The kernel, to a hostile job${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  function () {
    this.timeout(540_000);
    const signal = () => patience(180_000);
    let unit: InfrastructureFixture;
    let name = "";

    before(async () => {
      await ensureBaseImage({}, signal());
      unit = await openInfrastructure();
      const { client, infrastructure, ports, slug } = unit;
      await infrastructure.ensure(roomFor(0), signal());
      name = `${slug}-hostile`;
      const instance = {
        name,
        type: "container",
        source: { type: "image", alias: BASE_IMAGE_ALIAS },
        profiles: [...infrastructure.profiles(SMALL)],
        config: { "user.secret": "of the unit" },
      } as const;
      await ports.giving(
        name,
        (devices) => client.instances.create({ ...instance, devices }, signal()),
        signal(),
      );
      await client.instances.changeState(name, { action: "start" }, signal());
      const program = readFileSync(join(import.meta.dirname, "exhaust.pl"));
      await client.files.put(
        { instance: name, path: "/root/exhaust.pl" },
        program,
        { mode: 0o700 },
        signal(),
      );
    });
    after(async () => {
      await destroyInstance(unit.client, name, signal());
      await unit.infrastructure.remove(signal());
      await unit.client.close();
    });

    const run = (...command: readonly [string, ...string[]]) =>
      unit.client.exec.run(name, { command }, signal());
    const exhaust = async (what: string) => {
      const { stdout, stderr } = await run("perl", "/root/exhaust.pl", what);
      if (stdout === "") throw new Error(stderr);
      return JSON.parse(stdout) as { readonly taken: number; readonly error: string };
    };

    it("gives no more processes than limits.processes, and the machine keeps its own", async () => {
      const { taken, error } = await exhaust("processes");
      expect(error).to.equal("Resource temporarily unavailable");
      expect(taken).to.be.above(500).and.below(1000);
      expect(execFileSync("echo", ["alive"], { encoding: "utf8" })).to.equal("alive\n");
    });

    it("gives no more memory than limits.memory, and ends a process that wants more", async () => {
      const { exitCode, stdout } = await run("perl", "-e", 'my $all = "x" x 2**30; print "got it"');
      expect(stdout).to.equal("");
      expect(exitCode).to.not.equal(0);
      expect((await run("echo", "alive")).stdout).to.equal("alive\n");
    });

    it("gives no more disk than the size of the disk, in one file or in many", async () => {
      const fill = "dd if=/dev/zero of=/root/big bs=1M count=3000 2>&1 | grep -o 'Disk quota exceeded'; sync";
      expect((await run("sh", "-c", fill)).stdout).to.equal("Disk quota exceeded\n");
      const files = "for i in 1 2 3 4 5; do echo $i >/root/small$i || exit 1; sync; done 2>&1";
      expect((await run("sh", "-c", files)).stdout).to.include("Disk quota exceeded");
      // What is full can be emptied again.
      expect((await run("sh", "-c", "rm /root/big && sync && echo $?")).stdout).to.equal("0\n");
    });

    for (const quota of ["with", "without"] as const) {
      it(`lets no job create subvolumes or snapshots, ${quota} quotas of the pool`, async () => {
        const pool = `/var/lib/lxd/storage-pools/${unit.infrastructure.pool}`;
        const { storageDrivers } = await unit.client.server.info(signal());
        expect(storageDrivers.map(({ name: driver }) => driver)).to.include("btrfs");
        execFileSync("nsenter", [
          `--mount=/proc/${lxdProcess()}/ns/mnt`,
          "btrfs",
          "quota",
          quota === "with" ? "enable" : "disable",
          pool,
        ]);
        const { taken, error } = await exhaust("subvolumes");
        expect({ taken, error }).to.deep.equal({ taken: 0, error: "Operation not permitted" });
      });
    }

    it("keeps little of what a job writes to its console, and takes no line into the machine's kernel log", async () => {
      const before = sizeOf(`/var/log/lxd/${name}`);
      const flood = "timeout 30 sh -c 'yes | head -c 30000000 >/dev/console' && echo written";
      expect((await run("sh", "-c", flood)).stdout).to.equal("written\n");
      expect(sizeOf(`/var/log/lxd/${name}`) - before).to.be.below(1_000_000);
      const line = `a line of ${name}`;
      await run("sh", "-c", `echo '${line}' >/dev/kmsg 2>/dev/null; true`);
      expect(execFileSync("dmesg", { encoding: "utf8", maxBuffer: 2 ** 26 })).to.not.include(line);
    });

    it("gives a job no loop device", async () => {
      const script = "truncate -s 1M /root/disk; losetup --find --show /root/disk 2>&1 || echo refused";
      expect((await run("sh", "-c", script)).stdout).to.match(/refused\n$/);
      const make = "mknod /root/loop b 7 0 2>&1 || echo refused";
      expect((await run("sh", "-c", make)).stdout).to.match(/refused\n$/);
    });

    it("shows a job nothing of LXD: no socket of devlxd", async () => {
      const { stdout } = await run("sh", "-c", "ls /dev/lxd 2>/dev/null; true");
      expect(stdout).to.equal("");
    });

    it("lets go of an instance with nested read-only subvolumes, and of them", async () => {
      const { client, infrastructure } = unit;
      await client.instances.changeState(name, { action: "stop", force: true }, signal());
      const root = `/var/lib/lxd/storage-pools/${infrastructure.pool}/containers/${name}/rootfs`;
      const inLxd = (...command: readonly string[]) =>
        execFileSync("nsenter", [`--mount=/proc/${lxdProcess()}/ns/mnt`, ...command], { encoding: "utf8" });
      inLxd("btrfs", "subvolume", "create", `${root}/outer`);
      inLxd("btrfs", "subvolume", "create", `${root}/outer/inner`);
      inLxd("btrfs", "subvolume", "snapshot", "-r", `${root}/outer/inner`, `${root}/outer/kept`);
      inLxd("btrfs", "property", "set", `${root}/outer/inner`, "ro", "true");
      inLxd("btrfs", "property", "set", `${root}/outer`, "ro", "true");
      await destroyInstance(client, name, signal());
      const left = inLxd("btrfs", "subvolume", "list", `/var/lib/lxd/storage-pools/${infrastructure.pool}`);
      expect(left).to.not.include(name);
      expect(left).to.not.match(/inner|outer|kept/);
    });
  },
);

/** Bytes of the files in a directory of the machine. */
function sizeOf(directory: string): number {
  return readdirSync(directory).reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
}

function lxdProcess(): string {
  return execFileSync("pgrep", ["--oldest", "--exact", "lxd"], { encoding: "utf8" }).trim();
}
