import { expect } from "chai";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DeadlineError, NOT_STARTED, type RunProcess, createLogger } from "charm-kit";
import type { KnownPool, PoolMethod } from "../../src/host/pool-choice.ts";
import { PoolFileError, StorageMissingError } from "../../src/host/pool-errors.ts";
import { PoolStorage } from "../../src/host/pool-storage.ts";
import { rejection } from "../support/rejection.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { soon } from "../support/patience.ts";

const NEED = { thin: 1, thick: 2 };
const DRIVERS = ["dir"];
const ZPOOL = "github-runner-runners-0";
const DAMAGE = [
  "",
  "{",
  "null",
  "[]",
  "\0\0\0\0",
  '{"method":"directory"}',
  '{"method":"tape","driver":"dir"}',
];
const signal = soon;

describe("PoolStorage", () => {
  const directory = useTemporaryDirectory();
  let lines: string[];
  let commands: string[];
  beforeEach(() => {
    lines = [];
    commands = [];
    mkdirSync(path("proc/self"), { recursive: true });
    writeFileSync(path("proc/self/mountinfo"), "");
    mkdirSync(path("storage"));
  });

  const path = (name: string) => join(directory.path, name);
  const record = () => path("unit/pool.json");
  const read = () => JSON.parse(readFileSync(record(), "utf8")) as { readonly method: PoolMethod };
  /** A machine that has none of the programs. */
  const run: RunProcess = (words) => {
    commands.push(words.join(" "));
    return Promise.resolve({ exitCode: 127, stdout: "", stderr: "" });
  };
  const storage = (runs = run) =>
    new PoolStorage({
      paths: {
        sysctlDirectory: path("sysctl.d"),
        modulesDirectory: path("modules-load.d"),
        proc: path("proc"),
        sys: "/sys",
        dev: path("dev"),
        storage: path("storage"),
        rebootRequired: path("reboot-required"),
      },
      systemd: { units: path("system"), booted: path("no-systemd") },
      run: runs,
      log: createLogger(
        (level, line) => lines.push(`${level} ${line}`),
        (text) => text,
      ),
      slug: "runners-0",
      directory: path("unit"),
      kind: "juju-storage",
      lxdDirectory: directory.path,
    });
  const prepare = (known?: KnownPool) =>
    storage().prepare({ drivers: DRIVERS, need: NEED, known, sources: [] }, signal());

  it("decides once, and keeps to it", async () => {
    const first = await prepare();
    expect(first).to.include({ driver: "dir", lost: true });
    expect(first.config).to.deep.equal({ source: path("storage/runners-0") });
    expect(statSync(record()).mode & 0o777).to.equal(0o600);
    const again = await storage().prepare(
      {
        drivers: ["btrfs", "dir"],
        need: NEED,
        known: { driver: "dir", source: first.config["source"] },
        sources: [],
      },
      signal(),
    );
    expect(again.driver).to.equal("dir");
    expect(lines).to.deep.equal([]);
  });

  it("takes a restored pool for lost until LXD has forgotten what was in it, also after a kill", async () => {
    const { driver, config } = await prepare();
    const known = { driver, source: config["source"] };
    expect(await prepare(known)).to.include({ lost: true });
    const killed = () => Promise.reject(new Error("killed"));
    expect(
      await rejection(storage().restore(["runners-0-template-1a2b3c4d"], killed, signal())),
    ).to.have.property("message", "killed");
    expect(existsSync(path("storage/runners-0/containers/runners-0-template-1a2b3c4d"))).to.equal(true);
    expect(await prepare(known)).to.include({ lost: true });
    await storage().restore([], () => Promise.resolve(), signal());
    expect(await prepare(known)).to.include({ lost: false });
  });

  it("takes a pool that LXD has anew for a new one, also after a kill right before", async () => {
    const { driver, config } = await prepare();
    const known = { driver, source: config["source"] };
    await prepare(known);
    await rejection(storage().restore([], () => Promise.reject(new Error("killed")), signal()));
    await prepare();
    // As LXD does.
    mkdirSync(path("storage/runners-0/containers"));
    expect(await prepare(known)).to.include({ lost: false });
  });

  for (const damage of DAMAGE) {
    const name = JSON.stringify(damage);

    it(`uses the pool as LXD knows it when the record is ${name}, and logs the damage`, async () => {
      const { driver, config } = await prepare();
      mkdirSync(path("storage/runners-0/containers"));
      writeFileSync(record(), damage);
      const found = await prepare({ driver, source: config["source"] });
      expect(found).to.deep.include({ driver, config, lost: false });
      expect(read()).to.deep.equal({ method: "directory", driver: "dir", kind: "juju-storage" });
      expect(lines).to.have.lengthOf(1);
      expect(lines[0])
        .to.match(/^WARNING /)
        .and.include(record());
    });

    it(`decides anew when the record is ${name} and LXD has no pool`, async () => {
      await prepare();
      writeFileSync(record(), damage);
      expect(await prepare()).to.include({ driver: "dir" });
      expect(read()).to.include({ method: "directory" });
    });

    it(`attaches and restores without failing when the record is ${name}`, async () => {
      await prepare();
      writeFileSync(record(), damage);
      await storage().attach(undefined, signal());
      let isForgotten = false;
      const forget = () => {
        isForgotten = true;
        return Promise.resolve();
      };
      await storage().restore([], forget, signal());
      expect(isForgotten).to.equal(true);
    });

    it(`removes everything of the unit when the record is ${name}`, async () => {
      await prepare();
      writeFileSync(path("storage/runners-0.img"), "");
      writeFileSync(path("storage/runners-0.img.new"), "half made by a killed process");
      writeFileSync(path("storage/others-0.img"), "");
      writeFileSync(record(), damage);
      await storage().remove(signal());
      expect(readdirSync(path("storage"))).to.deep.equal(["others-0.img"]);
      expect(readdirSync(path("unit"))).to.deep.equal([]);
      expect(commands).to.include("zpool destroy github-runner-runners-0");
    });
  }

  it("recognises each way to keep a pool by what LXD knows", async () => {
    const cases: [KnownPool, PoolMethod][] = [
      [{ driver: "btrfs", source: path("storage/runners-0") }, "subvolume"],
      [{ driver: "dir", source: path("storage/runners-0") }, "directory"],
      [{ driver: "btrfs", source: path("unit/pool/runners-0") }, "loop"],
      [{ driver: "zfs", source: "github-runner-runners-0" }, "zpool"],
      [{ driver: "btrfs", source: "/var/lib/lxd/disks/runners-0.img" }, "lxd"],
      [{ driver: "zfs", source: undefined }, "lxd"],
    ];
    mkdirSync(path("unit"));
    for (const [known, method] of cases) {
      writeFileSync(record(), "{");
      // Where a part of it is missing it is not made anew: its mount may come back.
      const thrown = await prepare(known).catch((error: unknown) => error);
      expect(read(), method).to.deep.equal({ method, driver: known.driver, kind: "juju-storage" });
      if (thrown instanceof Error) expect(thrown.message, method).to.include("is not there");
    }
    expect(existsSync(path("storage/runners-0.img"))).to.equal(false);
  });

  it("removes nothing where it was never prepared", async () => {
    mkdirSync(path("unit"));
    writeFileSync(path("storage/runners-0.img"), "of somebody else");
    await storage().remove(signal());
    expect(readdirSync(path("storage"))).to.deep.equal(["runners-0.img"]);
    expect(commands).to.deep.equal([]);
  });

  describe("after a creation that failed", () => {
    const disks = () => path("disks/runners-0.img");
    const sources = [path("disks/others-0.img")];
    const lxdPool = (known?: KnownPool) =>
      storage().prepare({ drivers: ["btrfs"], need: NEED, known, sources }, signal());

    beforeEach(() => {
      mkdirSync(path("disks"));
      rmdirSync(path("storage"));
    });

    it("deletes the file that LXD left, and only this unit's", async () => {
      await lxdPool();
      // LXD creates it, fails, and forgets its pool.
      writeFileSync(disks(), "half made");
      writeFileSync(path("disks/others-0.img"), "");
      expect(await lxdPool()).to.include({ driver: "btrfs", isShared: true });
      expect(readdirSync(path("disks"))).to.deep.equal(["others-0.img"]);
    });

    it("keeps the file of a pool that LXD has, and one of a pool with another name", async () => {
      await lxdPool();
      writeFileSync(disks(), "the pool");
      await lxdPool({ driver: "btrfs", source: disks() });
      await lxdPool({ driver: "btrfs", source: disks() });
      expect(readFileSync(disks(), "utf8")).to.equal("the pool");
    });

    it("names a file that was there before, and its remedy, and leaves it", async () => {
      writeFileSync(disks(), "of somebody else");
      for (const attempt of ["first", "again"]) {
        const refused = await lxdPool().catch((thrown: unknown) => thrown);
        expect(refused, attempt).to.be.instanceOf(PoolFileError);
        expect((refused as Error).message)
          .to.include(`${disks()} is there`)
          .and.include("remove it");
      }
      await storage().remove(signal());
      expect(readFileSync(disks(), "utf8")).to.equal("of somebody else");
    });

    it("names a file whose pool a person has taken from LXD", async () => {
      await lxdPool();
      writeFileSync(disks(), "the pool");
      await lxdPool({ driver: "btrfs", source: disks() });
      const refused = await lxdPool().catch((thrown: unknown) => thrown);
      expect(refused).to.be.instanceOf(PoolFileError);
      expect(existsSync(disks())).to.equal(true);
    });

    it("goes on when the file's blocks cannot be reserved in time, and ends when it is interrupted", async () => {
      await lxdPool();
      writeFileSync(disks(), "the pool");
      truncateSync(disks(), 2 ** 20);
      const known = { driver: "btrfs", source: disks() };
      const demand = { drivers: ["btrfs"], need: NEED, known, sources };
      const slow: RunProcess = () =>
        Promise.reject(new DeadlineError("reserve the runners' storage", 60_000));
      expect(await storage(slow).prepare(demand, signal())).to.include({ driver: "btrfs" });
      expect(lines.join()).to.include("no answer within");
      const interruption = new AbortController();
      const interrupted: RunProcess = () => {
        interruption.abort();
        return Promise.reject(interruption.signal.reason as Error);
      };
      const ended = await storage(interrupted)
        .prepare(demand, interruption.signal)
        .catch((thrown: unknown) => thrown);
      expect(ended).to.equal(interruption.signal.reason);
    });

    it("removes what LXD left, with the unit", async () => {
      await lxdPool();
      writeFileSync(disks(), "half made");
      await storage().remove(signal());
      expect(readdirSync(path("disks"))).to.deep.equal([]);
    });
  });

  describe("with programs that fail", () => {
    /** Runs a command by the first of these beginnings that it has; others succeed. */
    const answers = new Map<string, number>();
    const failing: RunProcess = (words) => {
      commands.push(words.join(" "));
      const [, exitCode = 0] = [...answers].find(([begin]) => words.join(" ").startsWith(begin)) ?? [];
      return Promise.resolve({ exitCode, stdout: "", stderr: "" });
    };
    const prepareWith = (drivers: readonly string[], known?: KnownPool) =>
      storage(failing).prepare({ drivers, need: NEED, known, sources: [] }, signal());

    beforeEach(() => {
      answers.clear();
      mkdirSync(path("dev"));
      writeFileSync(path("dev/loop-control"), "");
    });

    it("makes the loop file at the next attempt when it could not be formatted", async () => {
      answers.set("zpool", NOT_STARTED).set("mkfs.btrfs -q", 1);
      expect(await prepareWith(["btrfs"]).catch((thrown: unknown) => thrown)).to.have.property(
        "code",
        "process",
      );
      answers.delete("mkfs.btrfs -q");
      // Nothing is mounted here: what follows the mount fails.
      await prepareWith(["btrfs"]).catch(() => undefined);
      expect(existsSync(path("storage/runners-0.img"))).to.equal(true);
      expect(commands.filter((command) => command.startsWith("mount "))).to.have.length(1);
    });

    it("reserves the file on a disk that it shares, and says when that has no room or reserves nothing", async () => {
      answers.set("zpool", NOT_STARTED);
      const file = path("storage/runners-0.img");
      const known = { driver: "btrfs", source: path("unit/pool/runners-0") };
      const reserve = async (pool?: KnownPool) => {
        commands.length = 0;
        lines.length = 0;
        await prepareWith(["btrfs"], pool).catch(() => undefined);
        return commands.filter((command) => command.startsWith("fallocate"));
      };
      expect(await reserve()).to.deep.equal([`fallocate -l ${statSync(file).size} ${file}`]);
      expect(lines).to.deep.equal([]);
      answers.set("fallocate", 1);
      expect(await reserve(known)).to.have.length(1);
      expect(lines.join()).to.include("its file system reserves no blocks");
      // More than any disk here has.
      truncateSync(file, 8 * 2 ** 40);
      expect(await reserve(known)).to.deep.equal([]);
      expect(lines.join()).to.include('missing="8 TiB" reason="the disk lacks the room"');
      // What has all its blocks needs none.
      writeFileSync(file, "a small file");
      expect(await reserve(known)).to.deep.equal([]);
      expect(lines).to.deep.equal([]);
    });

    it("makes the ZFS pool anew when its creation failed", async () => {
      answers.set("zpool list", 1).set("zpool create", 1);
      expect(await prepareWith(["zfs"]).catch((thrown: unknown) => thrown)).to.have.property(
        "code",
        "process",
      );
      expect(existsSync(path("storage/runners-0.img"))).to.equal(true);
      answers.delete("zpool create");
      expect(await prepareWith(["zfs"])).to.deep.include({ driver: "zfs", config: { source: ZPOOL } });
      expect(commands.filter((command) => command.startsWith("zpool import"))).to.deep.equal([]);
      const creations = commands.filter((command) => command.startsWith("zpool create"));
      expect(creations).to.have.length(2);
    });

    it("imports the ZFS pool after a reboot", async () => {
      answers.set("zpool list", 1);
      await prepareWith(["zfs"]);
      await prepareWith(["zfs"], { driver: "zfs", source: ZPOOL });
      expect(commands.at(-1)).to.equal(`zpool import -d ${path("storage")} ${ZPOOL}`);
    });

    it("imports the ZFS pool when it looks after its storage, as long as its file is there", async () => {
      answers.set("zpool list", 1);
      await prepareWith(["zfs"]);
      const known = { driver: "zfs", source: ZPOOL };
      await storage(failing).attach(known, signal());
      const words = `zpool import -d ${path("storage")} ${ZPOOL}`;
      expect(commands.at(-1)).to.equal(words);
      answers.delete("zpool list");
      commands.length = 0;
      await storage(failing).attach(known, signal());
      expect(commands.filter((command) => command.startsWith("zpool import"))).to.deep.equal([]);
      answers.set("zpool list", 1);
      rmSync(path("storage/runners-0.img"));
      const missing = await storage(failing)
        .attach(known, signal())
        .catch((thrown: unknown) => thrown);
      expect(missing).to.be.instanceOf(StorageMissingError);
    });

    it("enlarges the file of the ZFS pool and the pool when more runners need it, once", async () => {
      answers.set("zpool list", 1);
      await prepareWith(["zfs"]);
      answers.delete("zpool list");
      truncateSync(path("storage/runners-0.img"), 2 ** 20);
      const known = { driver: "zfs", source: ZPOOL };
      const need = { thin: 2 ** 21, thick: 2 ** 21 };
      for (const state of ["needed", "done"]) {
        commands.push(state);
        await storage(failing).prepare({ drivers: ["zfs"], need, known, sources: [] }, signal());
      }
      expect(statSync(path("storage/runners-0.img")).size).to.be.above(2 ** 21);
      const file = path("storage/runners-0.img");
      expect(commands.filter((command) => command.startsWith("zpool online"))).to.deep.equal([
        `zpool online -e ${ZPOOL} ${file}`,
      ]);
    });

    it("names a ZFS pool that is there already, and leaves it", async () => {
      const refused = await prepareWith(["zfs"]).catch((thrown: unknown) => thrown);
      expect((refused as Error).message).to.include(`the ZFS pool '${ZPOOL}' is there`);
      expect(commands.filter((command) => /destroy|create/.test(command))).to.deep.equal([]);
    });
  });

  it("empties its directory of what LXD left in it, and of nothing else", async () => {
    await prepare();
    for (const name of ["containers", "images", "custom"]) mkdirSync(path(`storage/runners-0/${name}`));
    writeFileSync(path("storage/runners-0/custom/data"), "");
    await prepare();
    expect(readdirSync(path("storage/runners-0"))).to.deep.equal(["custom"]);
  });
});
