import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { byHand, ofRunningUnit, tutorial } from "./commands/walked.ts";

/** What a person does who follows the tutorial, and then looks at the unit with the commands of other pages. */

const ROOT = join(import.meta.dirname, "../..");
const LIMIT_MS = 15 * 60_000;
const SLUG = "demo-0";
const SOCKET = `/var/lib/github-runner/${SLUG}/service.sock`;

/** Runs a script as a person's shell does, in the repository. @throws AssertionError when it fails */
function run(script: string): string {
  const { status, stdout, stderr } = spawnSync("bash", ["-o", "pipefail", "-c", script], {
    cwd: ROOT,
    encoding: "utf8",
    timeout: LIMIT_MS,
  });
  expect(status, `${script}\n${stdout}${stderr}`).to.equal(0);
  return stdout;
}

function runners(): readonly string[] {
  const names = run("lxc list --columns ns --format csv").split("\n");
  return names.flatMap((line) => new RegExp(`^(${SLUG}-\\w{12}),RUNNING$`).exec(line)?.[1] ?? []);
}

/** A command of a page about another unit, with what the reader has to fill in. */
function filledIn(command: string): string {
  return command
    .replaceAll(/github-runner-0\b|<slug>/g, SLUG)
    .replaceAll("<runner>", () => runners()[0] ?? "no runner");
}

describe("pages that are followed on this machine", function () {
  this.timeout(LIMIT_MS);
  let service: ChildProcess | undefined;
  const step = (index: number) => {
    const commands = tutorial[index]?.commands ?? [];
    expect(commands).not.to.deep.equal([]);
    return commands.map(run).join("");
  };

  after(async () => {
    await endService();
    run("npm run --silent demo -- down");
  });

  async function endService(): Promise<void> {
    const child = service;
    if (child?.exitCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  }

  it("start three runners", () => {
    const output = step(0);
    expect(output).to.match(/is online at GitHub \(3 of 3\)/);
    expect(output).to.include("3 runners wait for jobs again");
    expect(runners()).not.to.deep.equal([]);
  });

  it("show them", () => {
    expect(step(1)).to.match(/^demo\/0\*\s+active\s+idle\s.*3 runners: 3 idle$/m);
  });

  it("run a job, and replace its runner", () => {
    const before = runners();
    const output = step(2);
    expect(output).to.match(/This is demo-0-\w{12}/);
    expect(output).to.include("3 runners wait for jobs again");
    expect(runners().filter((name) => !before.includes(name))).to.have.length(1);
  });

  it("change their number", () => {
    expect(step(3)).to.match(/online: "5"/);
    expect(runners()).to.have.length(5);
  });

  it("look at a running unit", async () => {
    const agent = ["scripts/run.sh", "packages/juju-agent/src/main.ts"];
    service = spawn("bash", [...agent, "--state", "/var/lib/github-runner-demo/agent", "serve"], {
      cwd: ROOT,
      stdio: "ignore",
    });
    run(
      `timeout 60 sh -c 'until curl --silent --unix-socket ${SOCKET} http://unit/status; do sleep 0.2; done'`,
    );
    for (const { page, section, commands } of ofRunningUnit) {
      expect(commands, `${page}: ${section}`).not.to.deep.equal([]);
      for (const command of commands) expect(run(filledIn(command)), command).not.to.equal("");
    }
    await endService();
  });

  it("remove by hand what a forgotten unit has left", () => {
    const bridge = /^(ghr-\w+),.*\bdemo\/0,/m.exec(run("lxc network list --format csv"))?.[1] ?? "";
    expect(bridge, run("lxc network list")).not.to.equal("");
    run(byHand.commands.map(filledIn).join("\n").replaceAll("ghr-<digits>", bridge));
    for (const kind of [
      "list",
      "profile list",
      "network list",
      "network acl list",
      "image list",
      "storage list",
    ])
      expect(run(`lxc ${kind} --format csv`), kind).not.to.match(new RegExp(`\\b(${SLUG}|${bridge})\\b`));
    expect(run("nft list tables")).not.to.include(SLUG);
    expect(existsSync(`/var/lib/github-runner/${SLUG}`)).to.equal(false);
  });

  it("remove everything", () => {
    expect(step(4)).to.include("are gone");
  });
});
