import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ProcessOutcome } from "charm-kit";
import { AgentService } from "../../src/service/agent-service.ts";
import { appears } from "../appears.ts";
import { besideState, MAIN, runAgent, runAgentWith } from "../run-agent.ts";
import { NEVER, packCharm } from "../tiny-charm.ts";

const PRODUCT = { name: "juju-agent", version: "1.2.3" };

describe("install, uninstall and serve", function () {
  this.timeout(300_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "agent-service-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const state = () => join(directory, "state");
  const agent = (...argv: string[]) => runAgent(state(), ...argv);
  const pack = (dispatch: string) => packCharm(join(directory, "tiny.charm"), dispatch);
  /** The agent as a single file. */
  const single = async () => {
    const file = join(directory, "download");
    const unpacked = join(directory, "cache", "a".repeat(64));
    await writeFile(file, "#!/bin/sh\n# juju-agent 1.2.3\nexit 7\n", { mode: 0o755 });
    await mkdir(unpacked, { recursive: true });
    await mkdir(join(directory, "cache", "b".repeat(64)));
    return { program: { command: [file], packed: { file, unpacked } } };
  };

  it("deploy says what brings the units back after a reboot, and not with --quiet", async () => {
    const archive = await pack("true");
    expect((await agent("deploy", archive)).stderr).to.match(/^NOTE .*systemd.* verb serve/m);
    expect((await agent("--quiet", "deploy", archive)).stderr).to.equal("");
    await writeFile(besideState(state()).booted, "");
    expect((await agent("deploy", archive)).stderr).to.match(/^NOTE .* use the verb install$/m);
    await mkdir(besideState(state()).units);
    const name = new AgentService({
      product: PRODUCT,
      stateDirectory: state(),
      systemd: besideState(state()),
      run: done,
    }).name;
    await writeFile(join(besideState(state()).units, `${name}.timer`), "");
    expect((await agent("deploy", archive)).stderr).not.to.include("NOTE");
  });

  it("install copies a single file, lets juju-exec call the copy, and says what to do without systemd", async () => {
    const dependencies = await single();
    const installed = join(directory, "bin/juju-agent");
    await runAgentWith(state(), dependencies, "deploy", await pack("true"));
    const exec = join(state(), "tools/unit-tiny-0/juju-exec");
    expect(await readFile(exec, "utf8")).to.include(`'${dependencies.program.packed.file}' '--state'`);
    const { code, stdout, stderr } = await runAgentWith(state(), dependencies, "install");
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: `${installed} installed\n` });
    expect(stderr).to.include("keep the verb serve running");
    expect((await stat(installed)).mode & 0o777).to.equal(0o755);
    expect(await readFile(exec, "utf8")).to.include(`exec '${installed}' '--state' '${state()}' 'exec'`);
    const { unpacked } = dependencies.program.packed;
    const again = { program: { command: [installed], packed: { file: installed, unpacked } } };
    expect(await runAgentWith(state(), again, "install")).to.include({ code: 0 });
    expect(await readdir(join(directory, "cache"))).to.deep.equal(["a".repeat(64)]);
  });

  it("install refuses to replace another program", async () => {
    await mkdir(join(directory, "bin"));
    await writeFile(join(directory, "bin/juju-agent"), "#!/bin/sh\necho mine\n");
    const { code, stderr } = await runAgentWith(state(), await single(), "install");
    expect(code).to.equal(1);
    expect(stderr).to.match(/^ERROR Cannot install .*another program has this name/);
    expect(await readFile(join(directory, "bin/juju-agent"), "utf8")).to.include("mine");
  });

  it("uninstall refuses while an application is deployed, and leaves nothing afterwards", async () => {
    const dependencies = await single();
    await runAgentWith(state(), dependencies, "deploy", await pack("juju-log hello"));
    await runAgentWith(state(), dependencies, "install");
    const { code, stderr } = await runAgentWith(state(), dependencies, "uninstall");
    expect(code).to.equal(1);
    expect(stderr).to.equal(
      "ERROR Cannot uninstall the agent: tiny is deployed, remove it first, or give --keep-state\n",
    );
    expect(existsSync(join(directory, "bin/juju-agent"))).to.be.true;
    await runAgentWith(state(), dependencies, "remove");
    expect(await runAgentWith(state(), dependencies, "uninstall")).to.deep.equal({
      code: 0,
      stdout: "uninstalled\n",
      stderr: "",
    });
    for (const path of ["state", "cache", "bin/juju-agent"])
      expect(existsSync(join(directory, path)), path).to.be.false;
    expect(existsSync(dependencies.program.packed.file)).to.be.true;
  });

  it("uninstall --keep-state leaves the units, and files of others in the state directory stay", async () => {
    await agent("deploy", await pack("true"));
    expect(await agent("uninstall", "--keep-state")).to.include({
      code: 0,
      stdout: `uninstalled, but ${state()} is kept\n`,
    });
    expect((await agent("status")).stdout).to.include("tiny/0*");
    await agent("remove");
    await writeFile(join(state(), "mine.txt"), "");
    await agent("uninstall");
    expect(existsSync(join(state(), "mine.txt"))).to.be.true;
    expect(existsSync(join(state(), "state.json"))).to.be.false;
  });

  it("the service's units are written, started, and removed completely", async () => {
    const calls: string[] = [];
    const systemd = besideState(state());
    await writeFile(systemd.booted, "");
    const service = new AgentService({
      product: PRODUCT,
      stateDirectory: "/var/lib/juju-agent",
      systemd,
      run: (command) => {
        calls.push(command.join(" "));
        return done();
      },
    });
    await service.install(["/usr/local/bin/juju-agent"], NEVER);
    expect(service.isInstalled).to.be.true;
    expect(calls).to.deep.equal([
      "systemctl daemon-reload",
      "systemctl enable --quiet juju-agent.timer",
      "systemctl restart juju-agent.timer",
    ]);
    const other = new AgentService({ product: PRODUCT, stateDirectory: "/srv/other", systemd, run: done });
    await other.install(["/usr/local/bin/juju-agent"], NEVER);
    expect(await service.others()).to.deep.equal([`${other.name}.service`]);
    await other.remove(NEVER);
    expect(await service.others()).to.deep.equal([]);
    calls.length = 0;
    await service.remove(NEVER);
    expect(calls[0]).to.equal("systemctl stop juju-agent.timer juju-agent.service");
    expect(existsSync(join(systemd.units, "juju-agent.service"))).to.be.false;
    expect(service.isInstalled).to.be.false;
    await service.remove(NEVER);
  });

  it("serve runs update-status at once and events by the clock, until it is interrupted", async () => {
    const ran = join(directory, "ran");
    const archive = await pack(
      `case $JUJU_DISPATCH_PATH in hooks/well) touch ${ran};; hooks/update-status) status-set active updated;; esac`,
    );
    await agent("deploy", archive);
    const serving = spawn(process.execPath, [MAIN, "--state", state(), "serve", "--dispatch", "well=1s"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    await appears(ran);
    expect(await agent("wait")).to.include({ code: 0, stdout: "tiny/0: active: updated\n" });
    serving.kill("SIGTERM");
    expect(await once(serving, "exit")).to.deep.equal([0, null]);
  });

  it("serve refuses what is no duration or event", async () => {
    for (const argv of [
      ["--every", "0s"],
      ["--every", "soon"],
      ["--dispatch", "well"],
      ["--dispatch", "Well=1s"],
    ])
      expect(await agent("serve", ...argv)).to.include({ code: 2 });
  });
});

function done(): Promise<ProcessOutcome> {
  return Promise.resolve({ exitCode: 0, stdout: "", stderr: "" });
}
