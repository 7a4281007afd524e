import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect } from "chai";
import { hostArchitecture } from "juju-charm/pack";
import { patience } from "../../packages/lxd-client/tests/support.ts";
import { packAgent } from "../../scripts/agent/pack-agent.ts";
import { runnerAgent } from "../../scripts/agent/products.ts";
import { buildDebianPackage } from "../../scripts/release/debian-package.ts";
import { AgentMachine } from "../agent/agent-machine.ts";
import { newerCharm } from "../support/rig/newer-charm.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Both packages take a minute, and an hour where other work has the processors. */
const LIMIT_MS = 60 * 60_000;
const BLOCKED = /^github-runner\/0: blocked: path: missing/;
/** What dpkg and systemd keep of every package, also of one that was purged. */
const KEPT = [
  /^\/var\/lib\/dpkg\/(status-old|diversions-old|statoverride-old|lock|triggers\/.*|available.*)$/,
  /^\/var\/log\/(dpkg|alternatives)\.log$/,
  /^\/var\/lib\/systemd\/timers\/stamp-/,
];

interface Status {
  readonly applications: Readonly<Record<string, { readonly "charm-rev": number }>>;
}

describe("The Debian package", function () {
  this.timeout(LIMIT_MS);
  const resources = new DisposableStack();
  let machine: AgentMachine;

  before(async () => {
    const directory = mkdtempSync(join(tmpdir(), "debian-package-test-"));
    resources.defer(() => {
      rmSync(directory, { recursive: true, force: true });
    });
    const architecture = hostArchitecture();
    const product = await runnerAgent(ROOT, join(ROOT, "dist"), architecture);
    const facts = { architecture, epoch: 1_790_000_000, maintainer: "Ada <ada@example.com>" };
    const build = (version: string, archive: string) =>
      buildDebianPackage(ROOT, directory, {
        ...facts,
        product: { ...product, version, archive },
        version,
        homepage: "https://example.com",
        licences: "None.\n",
      });
    const old = await build("1.0.0", product.archive);
    const newer = await build("1.1.0", await newerCharm(product.archive, directory, patience(LIMIT_MS)));
    const { path } = await packAgent(ROOT, directory, architecture, product);
    machine = resources.use(new AgentMachine(`deb${process.pid.toString(36)}`));
    machine.push(old, "/root/old.deb");
    machine.push(newer, "/root/new.deb");
    machine.push(path, "/root/single-file");
    expect(basename(old)).to.equal(`github-runner-agent_1.0.0_${architecture}.deb`);
  });
  after(() => {
    resources.dispose();
  });

  const files = () =>
    machine
      .files()
      .split("\n")
      .filter((path) => !KEPT.some((kept) => kept.test(path)));
  const dpkg = (...words: readonly string[]) => machine.attempt(`dpkg ${words.join(" ")}`);
  const install = (file: string) => {
    const { code, output } = dpkg("--install", `/root/${file}.deb`);
    expect(code, output).to.equal(0);
  };
  const waits = () => machine.attempt("github-runner-agent wait --timeout 60s").output;
  const revision = () =>
    (JSON.parse(machine.sh("github-runner-agent status --format json")) as Status).applications[
      "github-runner"
    ]?.["charm-rev"];
  const program = () =>
    machine.sh("cat /var/lib/github-runner-agent/agents/*/charm/lib/service.mjs | sha256sum");
  /** Kills a run of the service, which systemd remembers as a failure. */
  const killRun = () => {
    const service = "github-runner-agent.service";
    const pid = `$(systemctl show --property=MainPID --value ${service})`;
    machine.awaited(`systemctl start --no-block ${service} && [ "${pid}" != 0 ] && kill -KILL "${pid}"`);
    machine.awaited(`systemctl is-failed --quiet ${service}`);
  };
  const expectNothing = (before: readonly string[]) => {
    expect(machine.sh("systemctl list-units --all 'github-runner*' --no-legend")).to.equal("");
    expect(machine.sh("systemctl list-units --failed 'github-runner*' --no-legend")).to.equal("");
    expect(files()).to.deep.equal(before);
  };

  it("is installed, upgraded, downgraded, removed and purged without a network, and leaves nothing", () => {
    const before = files();
    install("old");
    expect(
      machine.sh(
        "systemctl is-active github-runner-agent.timer; systemctl is-enabled github-runner-agent.timer",
      ),
    ).to.equal("active\nenabled\n");
    machine.sh("github-runner-agent --quiet deploy");
    expect(waits()).to.match(BLOCKED);
    const old = program();

    // The timer's next run gives units the charm of the package.
    const awaitRevision = (wanted: number) => {
      machine.awaited(`github-runner-agent status --format json | grep -q "\\"charm-rev\\": *${wanted}"`);
      expect(waits()).to.match(BLOCKED);
    };
    install("new");
    awaitRevision(1);
    expect(machine.sh("github-runner-agent --version")).to.equal("1.1.0\n");
    expect(program()).not.to.equal(old);

    install("old");
    awaitRevision(2);
    expect(revision()).to.equal(2);
    expect(machine.sh("github-runner-agent --version")).to.equal("1.0.0\n");
    expect(program()).to.equal(old);

    const refused = dpkg("--remove", "github-runner-agent");
    expect(refused.code).to.equal(1);
    expect(refused.output)
      .to.include("github-runner is deployed")
      .and.to.include("github-runner-agent remove");
    expect(waits(), "it works on").to.match(BLOCKED);
    expect(machine.sh("systemctl is-active github-runner-agent.timer")).to.equal("active\n");

    machine.sh("github-runner-agent --quiet remove");
    killRun();
    expect(dpkg("--remove", "github-runner-agent").code).to.equal(0);
    expect(machine.sh("ls /var/lib/github-runner-agent")).to.include("state.json");
    expect(dpkg("--purge", "github-runner-agent").code).to.equal(0);
    expectNothing(before);
  });

  it("refuses to be installed beside the single file, and continues its units after that is uninstalled", () => {
    const before = files();
    machine.sh("/root/single-file --quiet install");
    const refused = dpkg("--install", "/root/new.deb");
    expect(refused.code).to.equal(1);
    expect(refused.output).to.include("github-runner-agent uninstall --keep-state");
    expect(waits(), "the single file works on").to.match(BLOCKED);

    machine.sh("github-runner-agent uninstall --keep-state");
    install("new");
    expect(waits()).to.match(BLOCKED);
    expect(machine.sh("command -v github-runner-agent; ls /usr/local/bin")).to.equal(
      "/usr/bin/github-runner-agent\n",
    );
    machine.sh("github-runner-agent --quiet remove");
    expect(dpkg("--purge", "github-runner-agent").code).to.equal(0);
    expectNothing(before);
  });
});
