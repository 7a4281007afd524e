import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { reasonToSkipLxd } from "./reason-to-skip.ts";

const SCRIPT = join(import.meta.dirname, "start-lxcfs.sh");
const run = promisify(execFile);

// A snap brings a lxcfs of its own, where no script can start it.
const reason =
  reasonToSkipLxd() ?? (spawnSync("which", ["lxcfs"]).status === 0 ? undefined : "there is no lxcfs on PATH");
const suite = reason === undefined ? describe : describe.skip;

suite(`start-lxcfs.sh${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  let directory: string;
  const pidFile = () => `/run/lxcfs${directory.replaceAll("/", "-")}.pid`;
  const start = () => run("bash", [SCRIPT, directory]);
  const kill = async (signal: NodeJS.Signals) => {
    process.kill(Number(await readFile(pidFile(), "utf8")), signal);
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "lxcfs-"));
  });

  afterEach(async () => {
    spawnSync("umount", ["--lazy", directory]);
    await kill("SIGKILL").catch(() => undefined);
    await rm(pidFile(), { force: true });
    await rm(directory, { recursive: true, force: true });
  });

  it("serves a directory again whose lxcfs was killed without a chance to unmount it", async () => {
    await start();
    await kill("SIGKILL");
    await run("timeout", ["5", "sh", "-c", `while cat '${directory}/proc/uptime'; do :; done 2>&1`]);
    await start();
    expect(await readFile(join(directory, "proc/meminfo"), "utf8")).to.match(/^MemTotal/);
  });

  it("leaves one that serves as it is", async () => {
    await start();
    const pid = await readFile(pidFile(), "utf8");
    await start();
    expect(await readFile(pidFile(), "utf8")).to.equal(pid);
  });
});
