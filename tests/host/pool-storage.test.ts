import { expect } from "chai";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunProcess, createLogger } from "charm-kit";
import type { KnownPool, PoolMethod } from "../../src/host/pool-choice.ts";
import { PoolStorage } from "../../src/host/pool-storage.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const NEED = { thin: 1, thick: 2 };
const DRIVERS = ["dir"];
const DAMAGE = [
  "",
  "{",
  "null",
  "[]",
  "\0\0\0\0",
  '{"method":"directory"}',
  '{"method":"tape","driver":"dir"}',
];
const signal = () => AbortSignal.timeout(10_000);

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
  const storage = () =>
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
      run,
      log: createLogger(
        (level, line) => lines.push(`${level} ${line}`),
        (text) => text,
      ),
      slug: "runners-0",
      directory: path("unit"),
      kind: "juju-storage",
      lxdDirectory: directory.path,
    });
  const prepare = (known?: KnownPool) => storage().prepare({ drivers: DRIVERS, need: NEED, known }, signal());

  it("decides once, and keeps to it", async () => {
    const first = await prepare();
    expect(first).to.include({ driver: "dir", lost: true });
    expect(first.config).to.deep.equal({ source: path("storage/runners-0") });
    expect(statSync(record()).mode & 0o777).to.equal(0o600);
    const again = await storage().prepare(
      { drivers: ["btrfs", "dir"], need: NEED, known: undefined },
      signal(),
    );
    expect(again.driver).to.equal("dir");
    expect(lines).to.deep.equal([]);
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
      await storage().restore([], signal());
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
});
