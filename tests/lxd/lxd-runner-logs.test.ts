import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { silentLogger, systemClock } from "charm-kit";
import { LxdError, type LxdClient } from "lxd-client";
import { LxdRunnerLogs } from "../../src/lxd/lxd-runner-logs.ts";
import { CAPSULE_LIMITS, LogKeeper } from "../../src/runners/log-keeper.ts";
import { options, runnerName } from "../runners/fake-process.ts";
import { soon } from "../support/patience.ts";

const MIB = 2 ** 20;
const [RUNNER] = [runnerName(1)];
/** Instances are gone: the capsule is made of what LXD has left on the host. */
const gone = () => Promise.reject(new LxdError("GET /1.0/instances", 404, "Instance not found"));
const client = { instances: { get: gone, state: gone } } as unknown as LxdClient;

describe("LxdRunnerLogs on a disk that is full", () => {
  let directory: string;

  before(function () {
    if (process.getuid?.() !== 0) this.skip();
  });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "full-disk-test-"));
  });

  afterEach(async () => {
    spawnSync("umount", [join(directory, "logs")]);
    await rm(directory, { recursive: true });
  });

  /** Logs on a file system of a size, of a runner whose console is larger than that. */
  async function onDisk(size: string, freeBytes?: number): Promise<LxdRunnerLogs> {
    const logs = join(directory, "logs");
    await mkdir(logs);
    const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", logs], {
      encoding: "utf8",
    });
    expect(status, stderr).to.equal(0);
    return new LxdRunnerLogs({
      client,
      unitInGuest: "github-runner.service",
      diagnosticsInGuest: "/diagnostics",
      endJournalInGuest: "/var/log/end.log",
      serverLogDirectory: join(directory, "lxd"),
      directory: logs,
      ...(freeBytes === undefined ? {} : { freeBytes: () => Promise.resolve(freeBytes) }),
    });
  }

  async function leaveConsole(runner: string, bytes: number): Promise<void> {
    await mkdir(join(directory, "lxd", runner), { recursive: true });
    await writeFile(join(directory, "lxd", runner, "console.log"), "line of a console\n".repeat(bytes / 18));
  }

  const keep = (logs: Pick<LxdRunnerLogs, "keep">, runner: string) =>
    logs.keep({ runner, cause: "it fills the disk", at: 1000 }, soon());
  const free = async () => {
    const { bavail, bsize } = await statfs(join(directory, "logs"));
    return bavail * bsize;
  };

  it("keeps the report alone, by the file system's own word", async () => {
    const logs = await onDisk("20m");
    await leaveConsole(RUNNER, 4 * MIB);
    expect(await readdir(await keep(logs, RUNNER))).to.deep.equal(["report.json"]);
    expect(await free()).to.be.greaterThan(19 * MIB);
  });

  it("keeps the report when the disk becomes full while a capsule is written, and gives back the rest", async () => {
    const logs = await onDisk("1m", Infinity);
    await leaveConsole(RUNNER, 4 * MIB);
    const path = await keep(logs, RUNNER);
    expect(await readdir(path)).to.deep.equal(["report.json"]);
    const report = JSON.parse(await readFile(join(path, "report.json"), "utf8")) as {
      readonly cause: string;
      readonly missing: readonly { readonly file: string; readonly reason: string }[];
    };
    expect(report.cause).to.equal("it fills the disk");
    expect(report.missing.map(({ file }) => file)).to.deep.equal(["console.log"]);
    expect(report.missing[0]?.reason).to.contain("ENOSPC");
    expect(await free()).to.be.greaterThan(0.9 * MIB);
  });

  it("leaves nothing when not even the report has room", async () => {
    const logs = await onDisk("1m", Infinity);
    await writeFile(join(directory, "logs", "ballast"), Buffer.alloc(MIB)).catch(() => undefined);
    await leaveConsole(RUNNER, MIB);
    const failure = await keep(logs, RUNNER).catch((thrown: unknown) => thrown);
    expect(failure).to.be.instanceOf(Error).and.have.property("message").that.contains("ENOSPC");
    expect(await readdir(join(directory, "logs"))).to.deep.equal(["ballast"]);
  });

  it("stays within the unit's size while every runner ends, again and again", async () => {
    const logs = await onDisk("12m", Infinity);
    const keeper = new LogKeeper(
      { logs, names: options.names, clock: systemClock, log: silentLogger },
      { ...CAPSULE_LIMITS, bytes: 8 * MIB },
    );
    for (let made = 1; made <= 12; made++) {
      await leaveConsole(runnerName(made), 3 * MIB);
      await keep(keeper, runnerName(made));
      expect(await free(), `after ${made}`).to.be.greaterThan(4 * MIB - 65_536);
    }
    const kept = await logs.kept();
    expect(kept.map(({ runner }) => runner).sort()).to.deep.equal([runnerName(11), runnerName(12)].sort());
    expect(kept.every(({ bytes }) => bytes > 2 * MIB)).to.equal(true);
  }).timeout(120_000);
});
