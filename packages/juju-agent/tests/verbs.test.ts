import { expect } from "chai";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { appendFile, chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ModelStatus } from "../src/model-status.ts";
import { followLog } from "../src/follow-log.ts";
import { appears } from "./appears.ts";
import { MAIN, runAgent, type Ended } from "./run-agent.ts";
import { packCharm } from "./tiny-charm.ts";

const VERBS = [
  ...["deploy", "config", "model-config", "add-secret", "update-secret", "grant-secret", "revoke-secret"],
  ...["remove-secret", "secrets", "run", "exec", "dispatch-event", "update-status", "fire-hook", "resolve"],
  ...[
    "refresh",
    "status",
    "top",
    "completion",
    "debug-log",
    "wait",
    "remove",
    "install",
    "uninstall",
    "serve",
  ],
];

describe("the agent's verbs", function () {
  this.timeout(300_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "agent-verbs-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const state = () => join(directory, "state");
  const agent = (...argv: string[]) => runAgent(state(), ...argv);
  const pack = (dispatch: string) => packCharm(join(directory, "tiny.charm"), dispatch);
  const unitStatus = async () => {
    const { stdout } = await agent("status", "--format", "json");
    return Object.values((JSON.parse(stdout) as ModelStatus).applications)[0]?.units;
  };

  it("print their help without opening the agent", async () => {
    for (const verb of VERBS) {
      const { code, stdout } = await agent(verb, "--help");
      expect({ verb, code }).to.deep.equal({ verb, code: 0 });
      expect(stdout).to.match(new RegExp(`^Usage: juju-agent ${verb} `));
      expect(stdout).to.include("--state <directory>");
    }
    const { stdout } = await agent("--help");
    for (const verb of VERBS) expect(stdout).to.match(new RegExp(`^  ${verb}\\b`, "m"));
    expect(stdout).to.match(/^Exit codes:$/m);
    expect(await agent("--version")).to.include({ code: 0, stdout: "1.2.3\n" });
    expect(existsSync(state())).to.be.false;
  });

  it("refuse wrong options, values and surplus words with 2, and do nothing", async () => {
    const wrong: readonly (readonly [argv: string[], message: RegExp])[] = [
      [["stauts"], /^ERROR unknown command 'stauts'\n\(Did you mean status\?\)/],
      [["status", "--fromat", "json"], /^ERROR unknown option '--fromat'\n\(Did you mean --format\?\)/],
      [["status", "--format", "yaml"], /'yaml' is invalid. Allowed choices are tabular, json/],
      [["run", "greet", "--format", "xml"], /'xml' is invalid. Allowed choices are yaml, json/],
      [["config", "--format", "xml"], /'xml' is invalid/],
      [["model-config", "--format", "xml"], /'xml' is invalid/],
      [["secrets", "--format", "xml"], /'xml' is invalid/],
      [["debug-log", "--lines", "abc"], /'abc' is invalid. Give a whole number/],
      [["debug-log", "--lines=-1"], /'-1' is invalid/],
      [["deploy", "a.charm", "--unit-number", "one"], /'one' is invalid/],
      [["wait", "--timeout", "soon"], /'soon' is invalid. Give a duration/],
      [["wait", "--for", "ready"], /'ready' is invalid/],
      [["status", "extra"], /too many arguments for 'status'/],
      [["deploy", "a.charm", "extra"], /too many arguments for 'deploy'/],
      [["refresh", "a.charm", "extra"], /too many arguments for 'refresh'/],
      [["remove", "tiny"], /too many arguments for 'remove'/],
      [["resolve", "tiny/0"], /too many arguments for 'resolve'/],
      [["dispatch-event", "one", "two"], /too many arguments for 'dispatch-event'/],
      [["remove-secret", "one", "two"], /too many arguments/],
      [["deploy"], /missing required argument 'archive'/],
      [["run"], /missing required argument 'action'/],
      [["exec"], /missing required argument 'command'/],
    ];
    for (const [argv, message] of wrong) {
      const { code, stdout, stderr } = await agent(...argv);
      expect({ argv, code, stdout }).to.deep.equal({ argv, code: 2, stdout: "" });
      expect(stderr).to.match(message);
    }
    expect(existsSync(state())).to.be.false;
  });

  it("model-config prints the settings when none is given", async () => {
    await agent("model-config", "juju-http-proxy=http://proxy:3128");
    expect(await agent("model-config")).to.deep.equal({
      code: 0,
      stdout: "juju-no-proxy: 127.0.0.1,localhost,::1\njuju-http-proxy: http://proxy:3128\n",
      stderr: "",
    });
  });

  it("run refuses a parameter that is not YAML", async () => {
    await agent("deploy", await pack("true"));
    const { code, stderr } = await agent("run", "greet", "name=[a");
    expect(code).to.equal(1);
    expect(stderr).to.match(/^ERROR Cannot read the value of name: it is not YAML .*--string-args/s);
  });

  it("say that root is needed when the state directory cannot be read", async function () {
    if (process.getuid?.() !== 0) this.skip();
    await mkdir(join(state(), "charms"), { recursive: true });
    await chmod(state(), 0o700);
    await chmod(directory, 0o755);
    const asNobody = (...argv: string[]) =>
      new Promise<Ended>((resolve) => {
        const command = ["--clear-groups", "--reuid", "65534", "--regid", "65534", process.execPath, MAIN];
        const child = execFile("setpriv", [...command, "--state", state(), ...argv], (_, stdout, stderr) => {
          resolve({ code: child.exitCode ?? -1, stdout, stderr });
        });
      });
    for (const argv of [["status"], ["debug-log"], ["config"], ["secrets"], ["model-config"]]) {
      expect(await asNobody(...argv), argv.join(" ")).to.deep.equal({
        code: 1,
        stdout: "",
        stderr: `ERROR Cannot open ${state()}: permission denied; run the command as root, for example with sudo\n`,
      });
    }
  });

  it("deploy reads options below the application's name, the charm's name, or no name", async () => {
    const archive = await pack("true");
    for (const [index, text] of ["tiny: {number: 7}\n", "mine: {number: 7}\n", "number: 7\n"].entries()) {
      const file = join(directory, `values-${index}.yaml`);
      await writeFile(file, text);
      const own = join(directory, `state-${index}`);
      expect(await runAgent(own, "deploy", archive, "--app", "mine", "--config", file)).to.include({
        code: 0,
      });
      expect((await runAgent(own, "config", "number")).stdout).to.equal("7\n");
      expect(await runAgent(own, "config", "--reset", "number")).to.include({ code: 0 });
      expect(await runAgent(own, "config", "--file", file)).to.include({ code: 0 });
      expect((await runAgent(own, "config", "number")).stdout).to.equal("7\n");
    }
  });

  it("deploy continues the same unit after a kill or a failed hook, with the options given now", async () => {
    const begun = join(directory, "begun");
    const archive = await pack(
      `[ "$JUJU_HOOK_NAME" = install ] || exit 0\n[ -e ${begun} ] && exit 0\ntouch ${begun}\nsleep 60`,
    );
    const first = spawn(process.execPath, [MAIN, "--state", state(), "deploy", archive], { stdio: "ignore" });
    await appears(begun);
    first.kill("SIGKILL");
    await once(first, "exit");
    expect((await unitStatus())?.["tiny/0"]?.["workload-status"]).to.include({
      current: "maintenance",
      message: 'interrupted: hook "install" runs again with the next command',
    });
    expect(await agent("deploy", archive, "--config", "number=8")).to.include({
      code: 0,
      stdout: "tiny/0 deployed\n",
    });
    expect(Object.keys((await unitStatus()) ?? {})).to.deep.equal(["tiny/0"]);
    expect((await agent("config", "number")).stdout).to.equal("8\n");
    expect((await agent("deploy", archive)).stdout).to.equal("tiny/1 deployed\n");
    const { code, stderr } = await agent("deploy", archive, "--unit-number", "0");
    expect(code).to.equal(1);
    expect(stderr).to.include('unit "tiny/0" already exists');
  });

  it("wait exits with 0, 3, 4 or 5 by the status of the unit", async () => {
    await agent("deploy", await pack('[ ! -e fail ] && status-set $(config-get text) "as told"'));
    const becomes = (status: string) => agent("config", `text=${status}`);
    await becomes("active");
    expect(await agent("wait")).to.include({ code: 0, stdout: "tiny/0: active: as told\n" });
    await becomes("blocked");
    expect(await agent("wait")).to.include({ code: 3, stdout: "tiny/0: blocked: as told\n" });
    expect(await agent("wait", "--for", "blocked")).to.include({ code: 0 });
    for (const status of ["waiting", "maintenance"]) {
      await becomes(status);
      expect(await agent("wait", "--timeout", "0s")).to.include({ code: 4 });
    }
    await agent("exec", "--", "touch fail");
    await becomes("active");
    expect(await agent("wait")).to.include({ code: 5 });
    expect(await agent("wait", "--unit", "tiny/7")).to.include({ code: 1 });
  });

  it("wait ends when another command changes the status", async () => {
    await agent("deploy", await pack("status-set $(config-get text) now"));
    await agent("config", "text=waiting");
    const waiting = agent("wait", "--timeout", "20s");
    await agent("config", "text=active");
    expect(await waiting).to.include({ code: 0, stdout: "tiny/0: active: now\n" });
  });

  it("dispatch-event and update-status print nothing with --quiet unless something is wrong", async () => {
    const archive = await pack(
      "case $JUJU_DISPATCH_PATH in hooks/well) status-set active new; echo done;; hooks/ill) echo why; exit 3;; esac",
    );
    expect(await agent("--quiet", "deploy", archive)).to.include({ stderr: "" });
    expect(await agent("dispatch-event", "--quiet", "well")).to.deep.equal({
      code: 0,
      stdout: "",
      stderr: "",
    });
    expect(await agent("update-status", "--quiet")).to.deep.equal({ code: 0, stdout: "", stderr: "" });
    expect(await agent("dispatch-event", "--quiet", "ill")).to.include({ code: 3, stdout: "why\n" });
    expect(await agent("dispatch-event", "well")).to.include({ stdout: "done\n" });
  });

  it("dispatch-event asks the charm to refuse an event that it does not observe, and timers do not", async () => {
    const archive = await pack(
      'case $JUJU_DISPATCH_PATH in hooks/nosuch) [ -z "$CHARM_EVENT_MUST_BE_OBSERVED" ] || { echo refused; exit 2; };; esac',
    );
    await agent("deploy", archive);
    expect(await agent("dispatch-event", "nosuch")).to.include({ code: 2, stdout: "refused\n" });
    expect(await agent("dispatch-event", "other")).to.include({ code: 0 });
    expect(await agent("exec", "--", "JUJU_DISPATCH_PATH=hooks/nosuch ./dispatch")).to.include({ code: 0 });
  });

  it("grant-secret runs config-changed, so that a blocked unit notices", async () => {
    const { stdout: uri } = await agent("add-secret", "mine", "token=x");
    await agent(
      "deploy",
      await pack(
        `secret-get ${uri.trim()} token >/dev/null 2>&1 && status-set active "read in $JUJU_HOOK_NAME" || status-set blocked "not granted"`,
      ),
    );
    expect((await unitStatus())?.["tiny/0"]?.["workload-status"].current).to.equal("blocked");
    expect(await agent("grant-secret", "mine", "tiny")).to.include({ code: 0 });
    expect((await unitStatus())?.["tiny/0"]?.["workload-status"]).to.include({
      current: "active",
      message: "read in config-changed",
    });
  });

  it("revoke-secret and remove-secret run config-changed, so that a unit notices what it has lost", async () => {
    const { stdout: uri } = await agent("add-secret", "mine", "token=x");
    const read = `secret-get ${uri.trim()} token >/dev/null 2>&1 && status-set active read || status-set blocked lost`;
    await agent("deploy", await pack(read));
    const current = async () => (await unitStatus())?.["tiny/0"]?.["workload-status"].current;
    await agent("grant-secret", "mine", "tiny");
    expect(await current()).to.equal("active");
    expect(await agent("revoke-secret", "mine", "tiny")).to.include({ code: 0 });
    expect(await current()).to.equal("blocked");
    await agent("grant-secret", "mine", "tiny");
    expect(await agent("remove-secret", "mine")).to.include({ code: 0 });
    expect(await current()).to.equal("blocked");
  });

  it("model-config runs config-changed in all units when a setting that they see has changed", async () => {
    const archive = await pack(
      'status-set active "$JUJU_CHARM_HTTP_PROXY in $JUJU_DISPATCH_PATH"; [ ! -e fail ]',
    );
    for (const app of ["one", "two"]) await agent("deploy", archive, "--app", app);
    const messages = async () => {
      const { stdout } = await agent("status", "--format", "json");
      return Object.values((JSON.parse(stdout) as ModelStatus).applications).map(
        ({ units }) => Object.values(units)[0]?.["workload-status"].message,
      );
    };
    expect(await agent("model-config", "juju-http-proxy=http://p:1")).to.include({ code: 0 });
    expect(await messages()).to.deep.equal(
      Array.from({ length: 2 }, () => "http://p:1 in hooks/config-changed"),
    );
    await agent("update-status");
    await agent("model-config", "juju-http-proxy=http://p:1", "automatically-retry-hooks=true");
    expect(await messages()).to.deep.equal(
      Array.from({ length: 2 }, () => "http://p:1 in hooks/update-status"),
    );
    // A unit that fails keeps none of the others from it.
    await agent("exec", "--unit", "one/0", "--", "touch fail");
    const { code, stderr } = await agent("model-config", "juju-http-proxy=http://p:2");
    expect(code).to.equal(1);
    expect(stderr).to.include('Cannot run the hooks of one/0: hook failed: "config-changed"');
    expect(await messages()).to.deep.equal([
      'hook failed: "config-changed"',
      "http://p:2 in hooks/config-changed",
    ]);
    expect(await agent("model-config", "automatically-retry-hooks=false")).to.include({ code: 0 });
    await agent("exec", "--unit", "one/0", "--", "rm fail");
    expect(await agent("model-config", "automatically-retry-hooks=true")).to.include({ code: 0 });
    expect((await messages())[0]).to.equal("http://p:2 in hooks/config-changed");
  });

  it("debug-log --follow goes on with new lines until it is interrupted", async () => {
    await agent("deploy", await pack("juju-log begun"));
    const follower = spawn(process.execPath, [
      ...[MAIN, "--state", state(), "debug-log", "--lines", "1", "--follow"],
    ]);
    const chunks: Buffer[] = [];
    follower.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(follower.stdout, "data");
    await agent("exec", "--", "juju-log followed");
    while (!Buffer.concat(chunks).toString().includes("followed")) await once(follower.stdout, "data");
    follower.kill("SIGINT");
    expect(await once(follower, "exit")).to.deep.equal([0, null]);
  });

  it("followLog() passes on every line once when the log is rotated", async () => {
    const log = join(directory, "debug.log");
    await writeFile(log, "1\n2\n");
    const controller = new AbortController();
    const lines: string[] = [];
    const following = followLog(log, 1, (line) => lines.push(line), controller.signal);
    // Its last line is the one that is there when the log is opened.
    while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    for (let line = 3; line <= 40; line += 1) {
      await appendFile(log, `${line}\n`);
      if (line % 10 === 0) await rename(log, `${log}.1`);
      // Two rotations within one look at the file would lose lines; real ones are 16 MiB apart.
      while (lines.at(-1) !== String(line) && lines.length < 100)
        await new Promise((resolve) => setTimeout(resolve, 1));
    }
    controller.abort();
    await following;
    expect(lines).to.deep.equal(Array.from({ length: 39 }, (_, index) => String(index + 2)));
  });
});
