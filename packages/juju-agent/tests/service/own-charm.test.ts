import { expect } from "chai";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { digestFile } from "../../src/charm/charm-archive.ts";
import { readProduct } from "../../src/product.ts";
import type { CommandLineDependencies } from "../../src/run-command-line.ts";
import { runAgentWith, type Ended } from "../run-agent.ts";
import { NEVER, packCharm } from "../tiny-charm.ts";

/** Keeps a list of its hooks with its version, and fails where a file says so. */
const dispatchOf = (version: string, directory: string) => `
echo "${version} \${JUJU_DISPATCH_PATH#hooks/}" >>${directory}/history
[ ! -e ${directory}/fail-${version} ] || exit 1
status-set active "${version}"`;

describe("An agent with a charm of its own", function () {
  this.timeout(300_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "own-charm-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  /** A version of the program, as a single file is unpacked. */
  const release = async (version: string, managedBy?: string): Promise<Partial<CommandLineDependencies>> => {
    const unpacked = join(directory, "cache", version.padEnd(64, "0"));
    await mkdir(unpacked, { recursive: true });
    const archive = await packCharm(join(unpacked, "tiny.charm"), dispatchOf(version, directory));
    const charm = { file: "tiny.charm", digest: await digestFile(archive, NEVER) };
    const agent = { charm, ...(managedBy === undefined ? {} : { managedBy }) };
    await writeFile(join(unpacked, "package.json"), JSON.stringify({ name: "tiny-agent", version, agent }));
    const file = join(directory, `tiny-agent-${version}`);
    await writeFile(file, `#!/bin/sh\n# tiny-agent ${version}\n`, { mode: 0o755 });
    const packed = { file, unpacked };
    const program = { command: [file], ...(managedBy === undefined ? { packed } : {}) };
    return { product: readProduct(unpacked), program };
  };
  const state = () => join(directory, "state");
  const history = async () => (await readFile(join(directory, "history"), "utf8")).trim().split("\n");
  const succeed = async (ended: Promise<Ended>) => {
    const { code, stdout, stderr } = await ended;
    expect(code, stderr).to.equal(0);
    return stdout;
  };
  const status = async (agent: Partial<CommandLineDependencies>) =>
    succeed(runAgentWith(state(), agent, "wait", "--timeout", "1s"));

  it("install deploys the charm with options, and again gives the units the charm of a newer or older program", async () => {
    const old = await release("1");
    const installed = `${join(directory, "bin/tiny-agent")} installed\n`;
    expect(await succeed(runAgentWith(state(), old, "install", "--config", "number=7"))).to.equal(
      `${installed}tiny/0 deployed\n`,
    );
    expect(await succeed(runAgentWith(state(), old, "config", "number"))).to.equal("7\n");
    expect(await succeed(runAgentWith(state(), old, "install"))).to.equal(installed);
    const young = await release("2");
    expect(await succeed(runAgentWith(state(), young, "install"))).to.equal(`${installed}tiny refreshed\n`);
    expect(await status(young)).to.equal("tiny/0: active: 2\n");
    expect(await readFile(join(directory, "bin/tiny-agent"), "utf8")).to.include("# tiny-agent 2");
    const again = await release("1");
    expect(await succeed(runAgentWith(state(), again, "install"))).to.equal(`${installed}tiny refreshed\n`);
    expect(await status(again)).to.equal("tiny/0: active: 1\n");
    expect((await history()).filter((line) => line.endsWith("upgrade-charm"))).to.deep.equal([
      "2 upgrade-charm",
      "1 upgrade-charm",
    ]);
    expect(await succeed(runAgentWith(state(), again, "config", "number"))).to.equal("7\n");
    const { code, stderr } = await runAgentWith(state(), again, "install", "--config", "number=8");
    expect(code).to.equal(1);
    expect(stderr).to.include(
      "Cannot configure tiny while it is installed: it is deployed; use the verb config",
    );
  });

  it("install and the timer's update-status refresh a charm once when they come at the same moment", async () => {
    await succeed(runAgentWith(state(), await release("1"), "install"));
    const young = await release("2");
    await Promise.all(
      ["install", "update-status", "update-status"].map((verb) =>
        succeed(runAgentWith(state(), young, verb)),
      ),
    );
    expect((await history()).filter((line) => line.endsWith("upgrade-charm"))).to.deep.equal([
      "2 upgrade-charm",
    ]);
  });

  it("install --no-deploy installs the agent alone, and deploy needs no archive", async () => {
    const agent = await release("1");
    await succeed(runAgentWith(state(), agent, "install", "--no-deploy"));
    expect(existsSync(join(state(), "state.json"))).to.be.false;
    expect(await succeed(runAgentWith(state(), agent, "deploy", "--app", "one"))).to.equal(
      "one/0 deployed\n",
    );
  });

  it("update-status gives units the charm of another program, also those in error, but not those of a given archive", async () => {
    const [old, young] = [await release("1"), await release("2")];
    await succeed(runAgentWith(state(), old, "deploy"));
    const given = await packCharm(join(directory, "given.charm"), dispatchOf("given", directory));
    await succeed(runAgentWith(state(), old, "deploy", given, "--app", "pinned"));
    await writeFile(join(directory, "fail-1"), "");
    expect(await runAgentWith(state(), old, "update-status")).to.include({ code: 1 });
    await succeed(runAgentWith(state(), young, "update-status"));
    expect(await succeed(runAgentWith(state(), young, "wait", "--unit", "tiny/0"))).to.equal(
      "tiny/0: active: 2\n",
    );
    expect(await succeed(runAgentWith(state(), young, "wait", "--unit", "pinned/0"))).to.equal(
      "pinned/0: active: given\n",
    );
    // Whoever gives an archive keeps it, until the program's own charm is asked for.
    await succeed(runAgentWith(state(), young, "refresh", given, "--app", "tiny"));
    await succeed(runAgentWith(state(), young, "update-status"));
    expect(await succeed(runAgentWith(state(), young, "wait", "--unit", "tiny/0"))).to.equal(
      "tiny/0: active: given\n",
    );
    await succeed(runAgentWith(state(), young, "refresh", "--app", "tiny"));
    expect(await succeed(runAgentWith(state(), young, "wait", "--unit", "tiny/0"))).to.equal(
      "tiny/0: active: 2\n",
    );
  });

  it("install and uninstall are left to the package manager that has installed the program", async () => {
    const agent = await release("1", "dpkg");
    for (const [verb, advice] of [
      ["install", "its service is there already; use the verb deploy"],
      ["uninstall", "use apt remove tiny-agent"],
    ] as const) {
      const { code, stderr } = await runAgentWith("/var/lib/tiny-agent", agent, verb);
      expect({ code, stderr }).to.deep.equal({
        code: 1,
        stderr: `ERROR Cannot ${verb} tiny-agent: dpkg has installed it; ${advice}\n`,
      });
    }
    expect((await runAgentWith(state(), agent, "deploy")).stderr).to.include("NOTE");
  });

  it("deploy and refresh need an archive without one", async () => {
    const { code, stderr } = await runAgentWith(state(), {}, "deploy");
    expect(code).to.equal(2);
    expect(stderr).to.include("missing required argument 'archive'");
  });
});
