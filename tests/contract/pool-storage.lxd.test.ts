import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { runProcess, silentLogger } from "charm-kit";
import { HOST_PATHS } from "../../src/host/host-paths.ts";
import { StorageMissingError } from "../../src/host/pool-errors.ts";
import { PoolStorage } from "../../src/host/pool-storage.ts";
import { KEYS, ownerText } from "../../src/lxd/ownership.ts";
import type { PoolStore } from "../../src/lxd/pool-store.ts";
import { patience } from "../../packages/lxd-client/tests/support.ts";
import { BASE_IMAGE_ALIAS, ensureBaseImage } from "../support/base-image/ensure-base-image.ts";
import { reasonToSkipLxd } from "../support/lxd/reason-to-skip.ts";
import {
  listUnitObjects,
  openInfrastructure,
  roomFor,
  type InfrastructureFixture,
} from "./lxd-infrastructure-fixture.ts";

const LIMIT_MS = 360_000;
const RESOURCES = { cpu: 1, memory: "256MiB", disk: "512MiB" } as const;
const sh = (script: string) => execFileSync("sh", ["-ec", script], { encoding: "utf8" });

const reason =
  reasonToSkipLxd() ?? (existsSync("/dev/loop-control") ? undefined : "the kernel has no loop devices");
const describeLxd = reason === undefined ? describe : describe.skip;

describeLxd(
  `A pool on storage of the unit's${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  function () {
    this.timeout(LIMIT_MS);
    const signal = () => patience(LIMIT_MS);
    let root = "";
    let fixture: InfrastructureFixture | undefined;

    before(() => ensureBaseImage({}, signal()));
    beforeEach(() => {
      root = mkdtempSync(join(tmpdir(), "pool-storage-"));
      mkdirSync(join(root, "storage"));
    });
    afterEach(async () => {
      if (fixture) {
        await fixture.infrastructure.remove(signal());
        await fixture.client.close();
        fixture = undefined;
      }
      sh(`! mountpoint -q ${root}/storage || umount --lazy ${root}/storage`);
      rmSync(root, { recursive: true });
    });

    /** Mounts a file system of 1 GiB where Juju would mount the unit's storage. */
    const mountStorage = (format: string) => {
      sh(
        `truncate -s 1G ${root}/disk && ${format} ${root}/disk && mount -o loop ${root}/disk ${root}/storage`,
      );
    };
    const storageOf = (kind: "juju-storage" | "memory", slug: string, storage = join(root, "storage")) =>
      new PoolStorage({
        paths: { ...HOST_PATHS, storage },
        systemd: { units: join(root, "system"), booted: join(root, "no-systemd") },
        run: runProcess,
        log: silentLogger,
        slug,
        directory: join(root, "unit"),
        kind,
        lxdDirectory: "/var/lib/lxd",
      });
    const open = async (kind: "juju-storage" | "memory", storage?: string) => {
      const slug = `pool-${process.pid.toString(36)}`;
      const store = storageOf(kind, slug, storage);
      const poolStore: PoolStore = {
        prepare: (demand, limited) => store.prepare(demand, limited),
        attach: (known, limited) => store.attach(known, limited),
        restore: (containers, forget, limited) => {
          const mountAndForget = async () => {
            mountAsLxd(slug);
            return forget();
          };
          return store.restore(containers, mountAndForget, limited);
        },
        remove: (limited) => store.remove(limited),
      };
      fixture = await openInfrastructure(undefined, { poolStore });
      return fixture;
    };
    const poolOf = ({ client, infrastructure }: InfrastructureFixture) =>
      client.storagePools.get(infrastructure.pool, signal());
    const makeInstance = async ({ client, owner, infrastructure, slug }: InfrastructureFixture) => {
      const name = `${slug}-kept`;
      const config = {
        [KEYS.owner]: ownerText(owner),
        [KEYS.role]: "template",
        "security.protection.delete": "true",
      };
      const source = { type: "image", alias: BASE_IMAGE_ALIAS } as const;
      const profiles = [...infrastructure.profiles(RESOURCES)];
      await client.instances.create({ name, type: "container", source, profiles, config }, signal());
      return name;
    };
    /** What a restart of the machine takes: every mount of the unit's, and LXD's of its pool. */
    const forgetMounts = ({ infrastructure }: InfrastructureFixture) => {
      const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
      const own = mounts
        .map((line) => line.split(" ")[1] ?? "")
        .filter(
          (path) =>
            path.startsWith(join(root, "unit")) || path.endsWith(`/storage-pools/${infrastructure.pool}`),
        );
      for (const path of own.reverse()) sh(`umount --lazy ${path}`);
    };
    /** As LXD itself does, within a minute, with a pool that was not there when it started. */
    const mountAsLxd = (slug: string) => {
      if (fixture)
        sh(
          `mount --bind ${root}/unit/pool/${slug} /var/lib/lxd/storage-pools/${fixture.infrastructure.pool}`,
        );
    };
    const leftovers = () => ({
      unit: readdirSync(join(root, "unit")),
      storage: readdirSync(join(root, "storage")).filter((name) => name !== "lost+found"),
      loops: sh("losetup --noheadings --output BACK-FILE")
        .split("\n")
        .filter((file) => file.includes(join(root, "storage/"))),
      mounts: readFileSync("/proc/self/mounts", "utf8")
        .split("\n")
        .filter((line) => line.includes(join(root, "unit"))),
    });

    it("is btrfs in a loop file on a mount of another file system, and leaves nothing of itself", async () => {
      mountStorage("mkfs.ext4 -q");
      const unit = await open("juju-storage");
      await unit.infrastructure.ensure(roomFor(1, RESOURCES), signal());
      const pool = await poolOf(unit);
      expect(pool.driver).to.equal("btrfs");
      expect(pool.config["source"]).to.match(new RegExp(`^${root}/unit/pool/`));
      await makeInstance(unit);
      await unit.infrastructure.ensure(roomFor(1, RESOURCES), signal());
      const [instance] = (await listUnitObjects(unit.client, unit.slug, unit.owner.unitName)).instances;
      expect(instance).to.equal(`${unit.slug}-kept`);
      await unit.client.instances.patch(
        `${unit.slug}-kept`,
        { config: { "security.protection.delete": "false" } },
        signal(),
      );
      await unit.client.instances.delete(`${unit.slug}-kept`, signal());
      await unit.infrastructure.remove(signal());
      expect(leftovers()).to.deep.equal({ unit: [], storage: [], loops: [], mounts: [] });
    });

    it("is there again with all that is on it after a restart of the machine", async () => {
      mountStorage("mkfs.ext4 -q");
      const unit = await open("juju-storage");
      await unit.infrastructure.ensure(roomFor(1, RESOURCES), signal());
      const pool = await poolOf(unit);
      writeFileSync(join(pool.config["source"] ?? "", "mark"), "here");
      sh(`umount --lazy ${root}/unit/pool`);
      expect(existsSync(join(pool.config["source"] ?? "", "mark"))).to.equal(false);
      await unit.infrastructure.check(signal());
      expect(readFileSync(join(pool.config["source"] ?? "", "mark"), "utf8")).to.equal("here");
      sh(`umount --lazy ${root}/unit/pool`);
      await unit.infrastructure.ensure(roomFor(1, RESOURCES), signal());
      expect(readFileSync(join(pool.config["source"] ?? "", "mark"), "utf8")).to.equal("here");
    });

    it("stays the same pool when the unit's record of it is damaged, also after a restart of the machine", async () => {
      mountStorage("mkfs.ext4 -q");
      const unit = await open("juju-storage");
      await unit.infrastructure.ensure(roomFor(1, RESOURCES), signal());
      const { config } = await poolOf(unit);
      writeFileSync(join(config["source"] ?? "", "mark"), "here");
      for (const call of ["check", "ensure"] as const) {
        writeFileSync(join(root, "unit/pool.json"), "");
        sh(`umount --lazy ${root}/unit/pool`);
        await (call === "check"
          ? unit.infrastructure.check(signal())
          : unit.infrastructure.ensure(roomFor(1, RESOURCES), signal()));
        expect(readFileSync(join(config["source"] ?? "", "mark"), "utf8"), call).to.equal("here");
      }
      expect((await poolOf(unit)).config).to.deep.equal(config);
      writeFileSync(join(root, "unit/pool.json"), "{");
      await unit.infrastructure.remove(signal());
      expect(leftovers()).to.deep.equal({ unit: [], storage: [], loops: [], mounts: [] });
    });

    it("stays in LXD's own storage when the record is damaged and there is storage now", async () => {
      const nowhere = join(root, "later");
      const unit = await open("juju-storage", nowhere);
      await unit.infrastructure.ensure(roomFor(1, RESOURCES), signal());
      const { config } = await poolOf(unit);
      mkdirSync(nowhere);
      writeFileSync(join(root, "unit/pool.json"), "");
      await unit.infrastructure.ensure(roomFor(1, RESOURCES), signal());
      expect((await poolOf(unit)).config).to.deep.equal(config);
      expect(readdirSync(nowhere)).to.deep.equal([]);
    });

    it("is a subvolume of a mount that is btrfs itself", async () => {
      mountStorage("mkfs.btrfs -q");
      const unit = await open("juju-storage");
      await unit.infrastructure.ensure(roomFor(1, RESOURCES), signal());
      const pool = await poolOf(unit);
      expect([pool.driver, pool.config["source"]]).to.deep.equal(["btrfs", readSource("storage")]);
      await unit.infrastructure.remove(signal());
      expect(leftovers()).to.deep.equal({ unit: [], storage: [], loops: [], mounts: [] });
    });
    const readSource = (directory: string) =>
      join(
        root,
        directory,
        readdirSync(join(root, directory)).find((name) => name.startsWith("pool-")) ?? "none",
      );

    it("is where LXD keeps its own, with all its blocks, where there is no storage", async () => {
      const unit = await open("juju-storage", join(root, "nowhere"));
      await unit.infrastructure.ensure(roomFor(1, RESOURCES), signal());
      const { config } = await poolOf(unit);
      expect(config["source"]).to.match(/\/disks\/.*\.img$/);
      // Others cannot fill what it has not written yet, and the kernel gives nothing back.
      const { blocks, size } = statSync(config["source"] ?? "");
      expect(blocks * 512).to.be.at.least(size);
      const options = sh(
        `findmnt --noheadings --output OPTIONS /var/lib/lxd/storage-pools/${unit.infrastructure.pool}`,
      );
      expect(options).to.include("user_subvol_rm_allowed").and.not.include("discard=");
    });

    it("is made when LXD has left the file of a creation that failed", async () => {
      const unit = await open("juju-storage", join(root, "nowhere"));
      const { client, infrastructure } = unit;
      const file = `/var/lib/lxd/disks/${infrastructure.pool}.img`;
      const left = storageOf("juju-storage", infrastructure.pool, join(root, "nowhere"));
      const { driver, config } = await left.prepare(
        { drivers: ["btrfs"], need: { thin: 2 ** 30, thick: 2 ** 30 }, known: undefined, sources: [] },
        signal(),
      );
      sh(`truncate -s 600M ${file} && mkfs.btrfs -q ${file}`);
      const refused = await client.storagePools
        .create({ name: infrastructure.pool, driver, config }, signal())
        .catch((thrown: unknown) => thrown);
      expect((refused as Error).message).to.include("appears to contain an existing filesystem");
      await infrastructure.ensure(roomFor(1, RESOURCES), signal());
      expect((await poolOf(unit)).config["source"]).to.equal(file);
    });

    it("is not made anew on the machine's disk when its mount is not there", async () => {
      mountStorage("mkfs.ext4 -q");
      const unit = await open("juju-storage");
      await unit.infrastructure.ensure(roomFor(1, RESOURCES), signal());
      sh(`umount --lazy ${root}/unit/pool; umount --lazy ${root}/storage`);
      const refused = await unit.infrastructure
        .ensure(roomFor(1, RESOURCES), signal())
        .catch((thrown: unknown) => thrown);
      expect(refused).to.be.instanceOf(StorageMissingError);
      expect(readdirSync(join(root, "storage"))).to.deep.equal([]);
      sh(`mount -o loop ${root}/disk ${root}/storage`);
    });

    it("is made anew in memory after a restart of the machine, without the instances that were on it", async () => {
      const unit = await open("memory");
      await unit.infrastructure.ensure(roomFor(1, RESOURCES), signal());
      const name = await makeInstance(unit);
      expect(leftovers().mounts.map((line) => line.split(" ")[2])).to.deep.equal(["tmpfs", "btrfs"]);
      const [file = ""] = readdirSync(join(root, "unit/memory"));
      const { blocks, size } = statSync(join(root, "unit/memory", file));
      // It takes memory for what is in it.
      expect(blocks * 512).to.be.below(size / 2);
      forgetMounts(unit);
      await unit.infrastructure.ensure(roomFor(1, RESOURCES), signal());
      expect((await listUnitObjects(unit.client, unit.slug, unit.owner.unitName)).instances).to.deep.equal(
        [],
      );
      expect(await makeInstance(unit)).to.equal(name);
      const config = { "security.protection.delete": "false" };
      await unit.client.instances.patch(name, { config }, signal());
      await unit.client.instances.delete(name, signal());
      await unit.infrastructure.remove(signal());
      expect(leftovers()).to.deep.equal({ unit: [], storage: [], loops: [], mounts: [] });
    });
  },
);
