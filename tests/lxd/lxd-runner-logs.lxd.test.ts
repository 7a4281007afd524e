import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { LxdRunnerLogs } from "../../src/lxd/lxd-runner-logs.ts";
import { describeDaemon, patience } from "../../packages/lxd-client/tests/support.ts";

const DIAGNOSTICS = "/diagnostics";
const MIB = 2 ** 20;

describeDaemon("LxdRunnerLogs", (daemon) => {
  let directory: string;
  let logs: LxdRunnerLogs;
  let instance: string;
  let made = 0;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "runner-logs-test-"));
    const { client } = daemon();
    logs = new LxdRunnerLogs({
      unitInGuest: "github-runner.service",
      client,
      diagnosticsInGuest: DIAGNOSTICS,
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
});
