import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { LxdRunnerLogs } from "../../src/lxd/lxd-runner-logs.ts";
import type { Ending } from "../../src/runners/ports.ts";
import { SecretHunt } from "../support/rig/secret-hunt.ts";
import { describeDaemon, patience } from "../../packages/lxd-client/tests/support.ts";

const DIAGNOSTICS = "/diagnostics";
const END_JOURNAL = "/var/log/end.log";
const MIB = 2 ** 20;

describeDaemon("LxdRunnerLogs", (daemon) => {
  let directory: string;
  let logs: LxdRunnerLogs;
  let instance: string;
  let made = 0;
  let free: number;

  beforeEach(async () => {
    free = Infinity;
    directory = await mkdtemp(join(tmpdir(), "runner-logs-test-"));
    const { client } = daemon();
    logs = new LxdRunnerLogs({
      unitInGuest: "github-runner.service",
      client,
      diagnosticsInGuest: DIAGNOSTICS,
      endJournalInGuest: END_JOURNAL,
      serverLogDirectory: join(directory, "lxd"),
      scrub: (text) => text.replaceAll("the-units-own-password", "[redacted]"),
      freeBytes: () => Promise.resolve(free),
      directory: join(directory, "logs"),
    });
    instance = await daemon().launch(`logs${made++}`);
  });

  afterEach(() => rm(directory, { recursive: true }));

  const inGuest = (script: string) =>
    daemon().client.exec.run(instance, { command: ["/bin/sh", "-c", script] }, patience());
  /** Stands in for the program of that name, which the image does not have. */
  const journal = (script: string) =>
    inGuest(`printf '#!/bin/busybox sh\\n${script}\\n' >/bin/journalctl; chmod +x /bin/journalctl`);
  const pull = async () => {
    const path = await logs.pull(instance, patience());
    return { path, files: (await readdir(path)).sort() };
  };

  it("copies the journal and the diagnostics, for root alone", async () => {
    await journal("echo a line of the journal");
    await inGuest(`mkdir ${DIAGNOSTICS}; cd ${DIAGNOSTICS}; echo one >Runner_1.log; echo two >Worker_2.log`);
    const { path, files } = await pull();
    expect(path).to.equal(join(join(directory, "logs"), instance));
    expect(files).to.deep.equal(["Runner_1.log", "Worker_2.log", "journal.log"]);
    expect(await readFile(join(path, "journal.log"), "utf8")).to.equal("a line of the journal\n");
    expect(await readFile(join(path, "Worker_2.log"), "utf8")).to.equal("two\n");
    expect((await stat(path)).mode & 0o777).to.equal(0o700);
    expect((await stat(join(path, "Runner_1.log"))).mode & 0o777).to.equal(0o600);
  });

  it("takes the end of what is large, and no more in all than 32 MiB", async () => {
    await journal("echo a line");
    await inGuest(
      `mkdir ${DIAGNOSTICS}; cd ${DIAGNOSTICS}; i=0
       while [ $i -lt 12 ]; do dd if=/dev/zero bs=1M count=5 2>/dev/null >Worker_$i; echo end >>Worker_$i; i=$((i + 1)); done`,
    );
    const { path, files } = await pull();
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(path, file))).size));
    expect(Math.max(...sizes)).to.equal(4 * MIB);
    expect(sizes.reduce((sum, size) => sum + size)).to.be.within(31 * MIB, 32 * MIB);
    expect((await readFile(join(path, "Worker_9"), "utf8")).slice(-4)).to.equal("end\n");
  });

  it("passes over all that is no plain file of a plain name, and the instance can be destroyed after it", async () => {
    await inGuest(
      `mkdir ${DIAGNOSTICS}; cd ${DIAGNOSTICS}; mkfifo Runner_pipe.log; ln -s /etc/shadow Worker_link.log
       mkdir Worker_directory; echo x >"$(printf 'a\\nb')"; echo x >.hidden; echo x >'a b'; echo yes >Runner_1.log; echo x >journal.log`,
    );
    expect((await pull()).files).to.deep.equal(["Runner_1.log"]);
    await daemon().client.instances.changeState(instance, { action: "stop", force: true }, patience(20_000));
  });

  it("does not wait for programs of the guest that never end", async () => {
    await journal("echo had");
    await inGuest("rm /bin/sh; printf '#!/bin/busybox sh\\nsleep 600\\n' >/bin/sh; chmod +x /bin/sh");
    expect((await pull()).files).to.deep.equal(["journal.log"]);
  });

  it("tells the last words of the unit's journal in one line of plain text", async () => {
    await journal('printf "\\\\033[31mone\\\\033[0m\\\\n\\\\n two\\\\n"');
    expect(await logs.lastWords(instance, patience())).to.equal("its journal ends with: one | two");
  });

  it("tells the end of the console where no command says anything", async () => {
    await inGuest("rm -f /bin/journalctl; echo the last of the console >/dev/console");
    expect(await logs.lastWords(instance, patience())).to.match(
      /^its console ends with: .*the last of the console$/,
    );
  });

  it("finds nothing where the application never started, and keeps what was pulled before a failure", async () => {
    await journal("echo first");
    await pull();
    expect((await logs.kept()).map(({ runner }) => runner)).to.deep.equal([instance]);
    expect((await logs.kept())[0]?.pulledAt).to.be.closeTo(Date.now(), 60_000);
    await daemon().client.instances.changeState(instance, { action: "stop", force: true }, patience());
    expect(await logs.pull(instance, patience()).catch(() => "failed")).to.equal("failed");
    const directoryOfRunner = join(join(directory, "logs"), instance);
    expect(await readFile(join(directoryOfRunner, "journal.log"), "utf8")).to.equal("first\n");
    await logs.delete(instance);
    expect(await readdir(directory)).to.deep.equal([]);
  });

  describe("keep()", () => {
    const ending = () => ({ runner: instance, cause: "its application ended with 3", at: 1000 });
    const keep = async (more: Partial<Ending> = {}) => {
      const path = await logs.keep({ ...ending(), ...more }, patience());
      const files = (await readdir(path)).sort();
      const report = JSON.parse(await readFile(join(path, "report.json"), "utf8")) as {
        readonly missing: readonly { readonly file: string }[];
      } & Readonly<Record<string, unknown>>;
      return { path, files, report, read: (file: string) => readFile(join(path, file), "utf8") };
    };
    const stop = () =>
      daemon().client.instances.changeState(instance, { action: "stop", force: true }, patience());
    /** A stopped guest with diagnostics and the end of its journal. */
    const leave = async (script = "") => {
      await inGuest(`mkdir -p ${DIAGNOSTICS} /var/log; echo words of the console >/dev/console
        echo the end >${END_JOURNAL}; echo one >${DIAGNOSTICS}/Runner_1.log; cd ${DIAGNOSTICS}; ${script}`);
      await stop();
    };

    it("keeps console, journal and diagnostics of a stopped instance, with a report, for root alone", async () => {
      await leave();
      const { path, files, report, read } = await keep();
      expect(files).to.deep.equal(["Runner_1.log", "console.log", "journal.log", "report.json"]);
      expect(await read("journal.log")).to.equal("the end\n");
      expect(await read("Runner_1.log")).to.equal("one\n");
      expect(await read("console.log")).to.include("words of the console");
      expect(report).to.include({ runner: instance, cause: "its application ended with 3", at: 1000 });
      expect(report["files"]).to.deep.equal(["console.log", "journal.log", "Runner_1.log"]);
      expect(report.missing).to.deep.equal([]);
      for (const file of ["", "report.json", "console.log"])
        expect((await stat(join(path, file))).mode & 0o077).to.equal(0);
      expect((await logs.kept())[0]?.bytes).to.be.greaterThan(100);
    });

    it("keeps those of a running instance, with what it uses", async () => {
      await journal("echo a line of the journal");
      await inGuest(`mkdir ${DIAGNOSTICS}; echo one >${DIAGNOSTICS}/Worker_1.log`);
      const { files, report } = await keep();
      expect(files).to.deep.equal(
        ["Worker_1.log", "console.log", "journal.log", "report.json"].filter((file) => files.includes(file)),
      );
      expect(files).to.include.members(["Worker_1.log", "journal.log", "report.json"]);
      expect(report["usage"]).to.include({ status: "Running" });
    });

    it("keeps what LXD has left of an instance that is gone", async () => {
      await stop();
      await daemon().client.instances.delete(instance, patience());
      await mkdir(join(directory, "lxd", instance), { recursive: true });
      await writeFile(join(directory, "lxd", instance, "console.log"), "last words\n");
      const { files, read } = await keep();
      expect(files).to.deep.equal(["console.log", "report.json"]);
      expect(await read("console.log")).to.equal("last words\n");
    });

    it("follows no link and waits for no pipe in the place of what LXD has left", async () => {
      await stop();
      await daemon().client.instances.delete(instance, patience());
      await mkdir(join(directory, "lxd", instance), { recursive: true });
      await symlink("/etc/shadow", join(directory, "lxd", instance, "console.log"));
      expect((await keep()).files).to.deep.equal(["report.json"]);
    });

    it("bounds what a hostile guest leaves, and the instance can be deleted after it", async () => {
      await leave(`busybox() { /bin/busybox "$@"; }
        rm ${END_JOURNAL}; busybox mkfifo ${END_JOURNAL}
        busybox mkfifo Runner_pipe.log; busybox ln -s /etc/shadow Worker_link.log; mkdir Worker_directory
        echo x >"$(printf 'a\\nb')"; echo x >"$(printf '\\033[31m')"; echo x >report.json; echo x >console.log; echo x >.hidden
        dd if=/dev/null of=Worker_hole.log bs=1M seek=100000 2>/dev/null
        i=0; while [ $i -lt 80 ]; do dd if=/dev/zero bs=1M count=1 2>/dev/null | busybox tr '\\0' 'a ' >Worker_$i.log; i=$((i + 1)); done`);
      const before = Date.now();
      const { path, files, report } = await keep();
      expect(Date.now() - before).to.be.below(20_000);
      const sizes = await Promise.all(files.map(async (file) => (await stat(join(path, file))).size));
      expect(sizes.reduce((sum, size) => sum + size)).to.be.within(MIB, 9 * MIB);
      expect(
        files.filter(
          (file) => !/^(?:Worker_(?:\d+|hole)\.log|Runner_1\.log|console\.log|report\.json)$/.test(file),
        ),
      ).to.deep.equal([]);
      expect(report["runner"], "the report is the unit's").to.equal(instance);
      expect(report.missing.map(({ file }) => file)).to.include("journal.log");
      await daemon().client.instances.delete(instance, patience());
    });

    it("contains no secret that a guest printed, in the form that it had", async () => {
      const jit = Buffer.from(
        JSON.stringify({ ".runner": "e30=", ".credentials_rsaparams": "k".repeat(300) }),
      ).toString("base64");
      const key = randomBytes(256).toString("base64");
      const secrets = {
        jit,
        key,
        token: `ghs_${"aB3".repeat(12)}`,
        own: "the-units-own-password",
        address: "hunter2hunter2",
      };
      await leave(`printf '%s\\n' 'ACTIONS_RUNNER_INPUT_JITCONFIG=${jit}' 'run.sh --jitconfig ${jit}' '${jit.slice(0, 300)}' >${END_JOURNAL}
        printf '%s\\n' '${key}' | /bin/busybox fold -w 76 >Runner_key.log; echo 'token ${secrets.token}' >>Runner_key.log
        echo 'proxy http://user:${secrets.address}@proxy:3128 ${secrets.own}' >>Runner_key.log
        echo 'PASSWORD=${secrets.address}' >/dev/console; echo "${jit}" >/dev/console`);
      const { path, files } = await keep({ cause: `it printed ${jit}` });
      expect(files).to.include.members(["Runner_key.log", "console.log", "journal.log", "report.json"]);
      const hunt = new SecretHunt();
      for (const [name, secret] of Object.entries(secrets)) hunt.add(name, secret);
      expect(hunt.inFiles([path])).to.deep.equal([]);
      expect(await readFile(join(path, "Runner_key.log"), "utf8")).to.include("proxy http://user:");
    });

    it("keeps the report alone on a disk that is nearly full", async () => {
      await leave();
      free = 100 * MIB;
      const { files, report } = await keep();
      expect(files).to.deep.equal(["report.json"]);
      expect(report.missing).to.deep.equal([{ file: "all logs", reason: "the disk is nearly full" }]);
    });

    it("leaves nothing unfinished when it is aborted", async () => {
      await leave();
      const reason = new Error("enough");
      const keeping = logs.keep(ending(), AbortSignal.abort(reason));
      expect(await keeping.catch((thrown: unknown) => thrown)).to.equal(reason);
      expect(await readdir(join(directory, "logs"))).to.deep.equal([]);
    });
  });
});
