import { mkdtempSync, rmSync } from "node:fs";
import { rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { hostArchitecture } from "juju-charm/pack";
import { patience } from "../../packages/lxd-client/tests/support.ts";
import { packAgent } from "../../scripts/agent/pack-agent.ts";
import { runnerAgent } from "../../scripts/agent/products.ts";
import { ensureBaseImage } from "../support/base-image/ensure-base-image.ts";
import { reasonToSkipLxd } from "../support/lxd/reason-to-skip.ts";
import { newerCharm } from "../support/rig/newer-charm.ts";
import { readCommands, readSection } from "../docs/commands/read-commands.ts";
import { AgentMachine } from "./agent-machine.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAME = `runner${process.pid.toString(36)}`;
const LIMIT_MS = 540_000;
const PAGE = "docs/how-to/run-without-juju.md";
const BLOCKED = /^github-runner\/0: blocked: path: missing/;

const reason = reasonToSkipLxd();
const describeLxd = reason === undefined ? describe : describe.skip;

describeLxd(`github-runner-agent${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(LIMIT_MS);
  let directory = "";
  let machine: AgentMachine | undefined;
  const there = () => {
    if (machine === undefined) throw new Error("There is no machine");
    return machine;
  };

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "runner-agent-"));
    await ensureBaseImage({}, patience(LIMIT_MS));
    const architecture = hostArchitecture();
    const product = await runnerAgent(ROOT, directory, architecture);
    const old = await packAgent(ROOT, directory, architecture, { ...product, version: "1.0.0" });
    await rename(old.path, join(directory, "old"));
    const archive = await newerCharm(product.archive, directory, patience(LIMIT_MS));
    await packAgent(ROOT, directory, architecture, { ...product, version: "1.1.0", archive });
    machine = new AgentMachine(NAME);
    machine.push(join(directory, "old"), "/root/old");
    machine.push(old.path, "/root/new");
  });
  after(() => {
    machine?.[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Runs what a section of the page tells people to type, in the directory of the copied file. */
  const follow = (section: string) => {
    const commands = readCommands(readSection(PAGE, section));
    expect(commands, section).not.to.deep.equal([]);
    const script = commands.join("\n").replaceAll("_amd64", `_${hostArchitecture()}`);
    return there().sh(`cd /root\n${script}`);
  };

  it("is copied and installed, upgraded, rolled back and uninstalled as the page says, without a network, and leaves nothing", () => {
    const machine = there();
    const copied = `/root/github-runner-agent_${hostArchitecture()}`;
    const copy = (file: string) => machine.sh(`cp /root/${file} ${copied}`);
    machine.sh("echo 'virtual-machines: 2' >/root/runners.yaml");
    copy("old");
    const before = machine.files();
    const version = () => machine.sh("github-runner-agent --version");
    const revision = () =>
      (JSON.parse(machine.sh("github-runner-agent status --format json")) as Status).applications[
        "github-runner"
      ]?.["charm-rev"];
    const program = () =>
      machine.sh("cat /var/lib/github-runner-agent/agents/*/charm/lib/service.mjs | sha256sum");
    const waits = () => machine.attempt("github-runner-agent wait --timeout 180s");

    expect(follow("Install")).to.match(/^github-runner\/0 deployed$/m);
    expect(waits()).to.satisfy(
      (end: { code: number; output: string }) =>
        end.code === 3 && end.output.startsWith("github-runner/0: blocked: path: missing"),
    );
    expect(machine.sh("systemctl is-active github-runner-agent.timer")).to.equal("active\n");
    const old = { version: version(), program: program() };

    copy("new");
    expect(follow("Upgrade and roll back")).to.match(/^github-runner refreshed$/m);
    expect(waits().output).to.match(BLOCKED);
    expect([version(), revision()]).to.deep.equal(["1.1.0\n", 1]);
    expect(program()).not.to.equal(old.program);

    copy("old");
    expect(follow("Upgrade and roll back")).to.match(/^github-runner refreshed$/m);
    expect(waits().output).to.match(BLOCKED);
    expect({ version: version(), program: program() }).to.deep.equal(old);

    expect(machine.attempt("github-runner-agent uninstall").code).to.equal(1);
    follow("Remove everything");
    expect(machine.sh("systemctl list-units --all 'github-runner*' --no-legend")).to.equal("");
    expect(machine.files()).to.equal(before);
  });
});

interface Status {
  readonly applications: Readonly<Record<string, { readonly "charm-rev": number }>>;
}
