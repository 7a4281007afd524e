import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { runProcess, silentLogger } from "charm-kit";
import { HOST_PATHS } from "../../src/host/host-paths.ts";
import { PoolStorage } from "../../src/host/pool-storage.ts";
import { patience } from "../../packages/lxd-client/tests/support.ts";
import { reasonToSkipLxd } from "../support/lxd/reason-to-skip.ts";
import { openInfrastructure, roomFor, type InfrastructureFixture } from "./lxd-infrastructure-fixture.ts";

const LIMIT_MS = 360_000;
const GIB = 2 ** 30;
const RESOURCES = { cpu: 1, memory: "256MiB", disk: "2GiB" } as const;
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
const sh = (script: string) => execFileSync("sh", ["-ec", script], { encoding: "utf8" });

const reason =
  reasonToSkipLxd() ?? (existsSync("/dev/loop-control") ? undefined : "the kernel has no loop devices");
const describeLxd = reason === undefined ? describe : describe.skip;

/** A machine with one disk of 16 GiB, on which Juju's provider `rootfs` gives each unit a directory. */
describeLxd(`Pools on the machine's disk${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(LIMIT_MS);
  const signal = () => patience(LIMIT_MS);
  let root = "";
  const units: InfrastructureFixture[] = [];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "shared-disk-"));
    mkdirSync(join(root, "system"));
    sh(
      `truncate -s 16G ${root}/disk && mkfs.ext4 -q -m 0 ${root}/disk && mount -o loop ${root}/disk ${root}/system`,
    );
  });
  afterEach(async () => {
    for (const { infrastructure, client } of units.splice(0)) {
      await infrastructure.remove(signal());
      await client.close();
    }
    sh(`grep -o '${root}/[^ ]*' /proc/self/mounts | sort -r | xargs -r -n 1 umount --lazy`);
    rmSync(root, { recursive: true });
  });

  /** A unit whose storage is a directory of the machine's disk, mounted elsewhere. */
  const open = async (name: string) => {
    mkdirSync(join(root, "system/storage", name), { recursive: true });
    mkdirSync(join(root, name));
    sh(`mount --bind ${root}/system/storage/${name} ${root}/${name}`);
    const store = new PoolStorage({
      paths: { ...HOST_PATHS, storage: join(root, name) },
      systemd: { units: join(root, "units"), booted: join(root, "no-systemd") },
      run: runProcess,
      log: silentLogger,
      slug: `shared-${process.pid.toString(36)}-${name}`,
      directory: join(root, "data", name),
      kind: "juju-storage",
      lxdDirectory: "/var/lib/lxd",
      systemPaths: [join(root, "system")],
    });
    const unit = await openInfrastructure(undefined, { poolStore: store });
    units.push(unit);
    const slug = `shared-${process.pid.toString(36)}-${name}`;
    return { ...unit, file: join(root, name, `${slug}.img`) };
  };
  const usedBytes = () => {
    const { blocks, bfree, bsize } = statfsSync(join(root, "system"));
    return (blocks - bfree) * bsize;
  };

  it("share it, reserve what they may use, and leave a part free", async () => {
    const [one, other] = [await open("one"), await open("other")];
    const reports = [];
    for (const { infrastructure } of [one, other]) {
      reports.push(await infrastructure.ensure(roomFor(4, RESOURCES), signal()));
    }
    const sizes = [one, other].map(({ file }) => statSync(file).size / GIB);
    expect(usedBytes() / GIB).to.be.within(sum(sizes), sum(sizes) + 0.2);
    // Of 16 GiB: 2 GiB stay free, the file system itself takes some, and three quarters of the rest are the most.
    expect(sizes[0]).to.be.within(6, 7);
    expect(sizes[1]).to.be.within(4, 5.5);
    expect(reports.map(({ count }) => count)).to.deep.equal([4, 3]);
    expect(reports[0]?.notices.join()).to.not.include("missing");
    expect(reports[1]?.notices[0]).to.match(
      /^1 of 4 missing: the storage pool has [\d.]+ GiB, room for 3; lower vm-disk, free space on the machine's disk/,
    );
  });

  it("grow when more runners are wanted, as far as there is room", async () => {
    const { client, file, infrastructure } = await open("one");
    await infrastructure.ensure(roomFor(1, RESOURCES), signal());
    const sizeOfPool = async () =>
      (await client.storagePools.resources(infrastructure.pool, signal())).space.total;
    const [size, before] = [statSync(file).size, await sizeOfPool()];
    expect((await infrastructure.ensure(roomFor(7, RESOURCES), signal())).count).to.equal(7);
    expect(statSync(file).size).to.be.above(size);
    expect(await sizeOfPool()).to.be.above(before);
    const report = await infrastructure.ensure(roomFor(20, RESOURCES), signal());
    expect(report.count).to.be.within(7, 9);
    expect(report.notices[0]).to.match(
      /^1[1-3] of 20 missing: the storage pool has [\d.]+ GiB, room for [7-9];/,
    );
    expect(usedBytes()).to.be.above(statSync(file).size);
  });

  it("stay writable when others fill the disk", async () => {
    const { file, infrastructure } = await open("one");
    await infrastructure.ensure(roomFor(1, RESOURCES), signal());
    const free = () => {
      const { bavail, bsize } = statfsSync(join(root, "system"));
      return bavail * bsize;
    };
    sh(`fallocate -l ${free() - 32 * 2 ** 20} ${root}/system/others`);
    sh(`dd if=/dev/zero of=${root}/system/rest bs=64K 2>/dev/null || true; sync`);
    expect(free()).to.be.below(2 ** 20);
    // All that fits: twice, since unused blocks must not go back to the disk in between.
    const bytes = Math.floor(statSync(file).size * 0.8);
    for (const name of ["first", "second"]) {
      const written = join(root, "data/one/pool", name);
      sh(
        `fallocate -l ${bytes} ${written} && dd if=/dev/zero of=${written} bs=1M seek=${Math.floor(bytes / 2 ** 20) - 100} conv=notrunc,fsync count=100 2>/dev/null && rm ${written} && sync`,
      );
      expect(statSync(file).blocks * 512).to.be.at.least(statSync(file).size);
    }
    sh(`touch ${root}/data/one/pool/third && sync ${root}/data/one/pool/third`);
    expect((await infrastructure.ensure(roomFor(1, RESOURCES), signal())).count).to.equal(1);
  });

  it("reserve what an earlier version left sparse, once the disk has the room", async () => {
    const { file, infrastructure } = await open("one");
    await infrastructure.ensure(roomFor(1, RESOURCES), signal());
    const held = () => statSync(file).blocks * 512;
    sh(`fstrim ${root}/data/one/pool && fallocate -l 8G ${root}/system/others`);
    const { size } = statSync(file);
    await infrastructure.ensure(roomFor(1, RESOURCES), signal());
    expect(held()).to.be.below(size / 2);
    rmSync(join(root, "system/others"));
    await infrastructure.check(signal());
    expect(held()).to.be.at.least(size);
  });

  it("give back what an earlier version has reserved", async () => {
    const { file, infrastructure } = await open("one");
    mkdirSync(join(root, "data/one"), { recursive: true });
    sh(`fallocate -l 14500M ${file} && mkfs.btrfs -q ${file}`);
    const record = join(root, "data/one/pool.json");
    writeFileSync(record, JSON.stringify({ method: "loop", driver: "btrfs", kind: "juju-storage" }));
    expect(usedBytes()).to.be.above(14 * GIB);
    await infrastructure.ensure(roomFor(1, RESOURCES), signal());
    // btrfs keeps its own chunks.
    expect(usedBytes()).to.be.below(GIB);
    await infrastructure.ensure(roomFor(1, RESOURCES), signal());
    expect(usedBytes()).to.be.below(GIB);
    expect(JSON.parse(readFileSync(record, "utf8"))).to.deep.include({
      file: { path: file, bytes: statSync(file).size },
    });
  });

  it("are made when the disk has room again after it had none", async () => {
    sh(`fallocate -l 13500M ${root}/system/others`);
    const { infrastructure } = await open("one");
    const refused = await infrastructure
      .ensure(roomFor(2, RESOURCES), signal())
      .catch((thrown: unknown) => thrown);
    expect(refused).to.have.property("code", "pool-too-small");
    expect((refused as Error).message).to.include("free space on the machine's disk");
    rmSync(join(root, "system/others"));
    expect((await infrastructure.ensure(roomFor(2, RESOURCES), signal())).count).to.equal(2);
  });
});
