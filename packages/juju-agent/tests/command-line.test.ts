import { expect } from "chai";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, watch } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ModelStatus } from "../src/model-status.ts";
import type { AgentState } from "../src/state/agent-state.ts";
import { UnitAgent } from "../src/unit-agent.ts";
import { systemClock } from "charm-kit";
import { appears } from "./appears.ts";
import { MAIN, runAgent, runProgram } from "./run-agent.ts";
import { MACHINE, NEVER, packCharm } from "./tiny-charm.ts";

/** What deploy says on a machine without the agent's service: this program looks at the machine itself. */
const NOTE = existsSync("/run/systemd/system")
  ? "NOTE Nothing runs the units' hooks after a reboot yet: use the verb install"
  : "NOTE Nothing runs the units' hooks after a restart of this machine, which does not run systemd: keep the verb serve running, which runs the hooks when it starts and every 5 minutes";

describe("the agent's command line", function () {
  this.timeout(300_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "agent-cli-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const program = (...argv: string[]) => runProgram(join(directory, "state"), ...argv);
  const agent = (...argv: string[]) => runAgent(join(directory, "state"), ...argv);
  const start = (...argv: string[]) =>
    spawn(process.execPath, [MAIN, "--state", join(directory, "state"), ...argv], { stdio: "ignore" });
  const pack = (dispatch: string) => packCharm(join(directory, "tiny.charm"), dispatch);
  const status = async () => {
    const { stdout } = await agent("status", "--format", "json");
    return (JSON.parse(stdout) as ModelStatus).applications["tiny"]?.units["tiny/0"]?.["workload-status"];
  };
  const killed = async (child: ChildProcess) => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };

  it("runs a charm from deploy to remove", async () => {
    const archive = await pack(
      'case $JUJU_DISPATCH_PATH in actions/greet) action-log going; action-set said.to=$(action-get name);; actions/fail) action-fail no;; hooks/start) status-set active "$(config-get text)";; hooks/own) echo own;; esac',
    );
    const values = join(directory, "values.yaml");
    await writeFile(values, "tiny: {number: 7}\n");
    expect(
      await program("deploy", archive, "--config", "text=hi=there", "--config", values, "--app", "tiny"),
    ).to.deep.equal({
      code: 0,
      stdout: "tiny/0 deployed\n",
      stderr: [
        "tiny/0: waiting: agent initialising",
        "tiny/0: maintenance: installing charm software",
        "tiny/0: active: hi=there",
        NOTE,
        "",
      ].join("\n"),
    });
    expect((await agent("config", "number")).stdout).to.equal("7\n");
    expect((await agent("config", "--reset", "number")).code).to.equal(0);
    const printed = JSON.parse((await agent("config", "--format", "json")).stdout) as { settings: object };
    expect(printed.settings).to.have.deep.property("number", {
      type: "int",
      description: "",
      default: 3,
      value: 3,
      source: "default",
    });
    expect((await agent("run", "greet", "name=Ann")).stdout).to.equal(
      'tiny/0:\n  id: "1"\n  log:\n    - going\n  results:\n    said:\n      to: Ann\n    return-code: 0\n  status: completed\n',
    );
    expect(await program("run", "fail", "--format", "json")).to.deep.equal({
      code: 1,
      stdout: '{"tiny/0":{"id":"2","message":"no","results":{"return-code":0},"status":"failed"}}\n',
      stderr: "Action id 2 failed: no\n",
    });
    expect(await program("exec", "--", "echo $JUJU_UNIT_NAME; exit 3")).to.deep.equal({
      code: 3,
      stdout: "tiny/0\n",
      stderr: "",
    });
    expect((await agent("dispatch-event", "own")).stdout).to.equal("own\n");
    expect((await agent("update-status")).code).to.equal(0);
    expect((await agent("refresh", archive)).code).to.equal(0);
    expect((await agent("status")).stdout).to.match(/^tiny\/0\* +active +idle +\d+s +hi=there$/m);
    expect((await agent("debug-log", "--lines", "2")).stdout.split("\n")).to.have.length(3);
    expect((await program("remove")).stdout).to.equal("tiny removed\n");
    expect(await agent("status")).to.include({ code: 0 });
  });

  it("adds, grants, updates, lists and removes a secret, and never prints its content", async () => {
    await agent("deploy", await pack("true"));
    const file = join(directory, "token.txt");
    await writeFile(file, "first\n");
    const { stdout: uri } = await agent("add-secret", "mine", `token#file=${file}`, "note=a=b");
    expect(uri).to.match(/^secret:[0-9a-z]{20}\n$/);
    const id = uri.trim().slice("secret:".length);
    expect((await agent("grant-secret", "mine", "tiny")).code).to.equal(0);
    expect((await agent("exec", "--", `secret-get ${id} token --format=json`)).stdout).to.equal(
      '"first\\n"\n',
    );
    await writeFile(join(directory, "content.yaml"), "token: second\nnumber: 7\n");
    expect(
      (await agent("update-secret", uri.trim(), "--file", join(directory, "content.yaml"))).code,
    ).to.equal(0);
    const peeked = await agent("exec", "--", `secret-get ${id} --peek --format=json`);
    expect(peeked.stdout).to.equal('{"number":"7","token":"second"}\n');
    const listed = await agent("secrets", "--format", "json");
    expect(JSON.parse(listed.stdout)).to.deep.equal({
      [id]: { name: "mine", revision: 2, "granted-to": ["tiny"] },
    });
    expect((await agent("secrets")).stdout).not.to.include("second");
    expect((await agent("revoke-secret", "mine", "tiny")).code).to.equal(0);
    expect((await agent("remove-secret", "mine")).code).to.equal(0);
    expect((await agent("secrets")).stdout).to.equal("{}\n");
  });

  it("prints the reason of a refusal and exits with 1, or with 2 for wrong use", async () => {
    await agent("deploy", await pack("true"));
    const nested = join(directory, "nested.yaml");
    await writeFile(nested, "token: {is: nested}\n");
    const refusals: readonly (readonly [argv: string[], message: RegExp, code?: number])[] = [
      [["frobnicate"], /^ERROR unknown command 'frobnicate'/, 2],
      [["config", "nope=1"], /^ERROR Cannot change the configuration: unknown option "nope"/],
      [["config", "number=a"], /option "number" expected int, got "a"/],
      [["run", "nope"], /action "nope" not defined on unit "tiny\/0"/],
      [["run", "greet", "times=0"], /validation failed: \(root\)\.times : must be > 0/],
      [["deploy", "/nowhere.charm"], /^ERROR Cannot read \/nowhere.charm: ENOENT/],
      [["exec", "--unit", "tiny/9", "--", "true"], /Cannot find unit "tiny\/9": the units are tiny\/0/],
      [["status", "--bogus"], /^ERROR unknown option '--bogus'/, 2],
      [
        ["fire-hook", "secret-changed"],
        /^ERROR .*'secret-changed' is invalid.*Allowed choices are install/,
        2,
      ],
      [["add-secret", "token=x"], /give the name of the secret first/],
      [["add-secret", "mine"], /^ERROR Cannot read the content of mine: give KEY=VALUE/],
      [
        ["add-secret", "mine", "ghp_secret"],
        /^ERROR Cannot read the content of mine: one of the words is not KEY=/,
      ],
      [["add-secret", "mine", "No=1"], /^ERROR Cannot read the content of the secret: key "No" not valid/],
      [["add-secret", "mine", "token#file=/nowhere"], /content of the secret: ENOENT/],
      [["add-secret", "mine", "--file", nested], /content of the secret: token is not text/],
      [["update-secret", "mine", "token=x"], /^ERROR Cannot find the secret "mine": there are none/],
      [["grant-secret", "mine"], /^ERROR missing required argument 'applications'/, 2],
    ];
    for (const [index, [argv, message, expected = 1]] of refusals.entries()) {
      const { code, stderr } = await (index === 0 ? program : agent)(...argv);
      expect(code, argv.join(" ")).to.equal(expected);
      expect(stderr).to.match(message);
    }
  });

  it("provides juju-exec for the charm's timers, and refuses it inside a hook", async () => {
    await agent("deploy", await pack("case $JUJU_DISPATCH_PATH in hooks/own) echo own;; esac"));
    const tools = join(directory, "state/tools/unit-tiny-0");
    const outside = execFile(
      join(tools, "juju-exec"),
      ["tiny/0", "JUJU_DISPATCH_PATH=hooks/own ./dispatch"],
      {
        env: { PATH: MACHINE.path },
      },
    );
    const printed = await outside.stdout!.toArray();
    expect(printed.join("")).to.equal("own\n");
    const inside = await agent("exec", "--", "juju-exec tiny/0 true");
    expect(inside).to.include({ code: 1, stdout: "" });
    expect(inside.stderr).to.match(
      /^ERROR juju-exec cannot be called from within a hook, have context "tiny\/0-juju-exec-/,
    );
  });

  it("recovers from a kill during a hook: status says interrupted, its processes are killed, and resolve runs it again", async () => {
    const [begun, beats] = [join(directory, "begun"), join(directory, "beats")];
    const archive = await pack(
      `[ "$JUJU_HOOK_NAME" = start ] || exit 0\n[ -e ${begun} ] && exit 0\nstate-set lost=1\necho >>${beats}\ntouch ${begun}\nwhile :; do echo >>${beats}; sleep 0.02; done`,
    );
    const deploying = start("deploy", archive);
    await appears(begun);
    await killed(deploying);
    expect(await status()).to.include({
      current: "maintenance",
      message: 'interrupted: hook "start" runs again with the next command',
    });
    expect(
      (await agent("exec", "--", `wc -l <${beats}; sleep 0.2; wc -l <${beats}; state-get --format=json`))
        .stdout,
    ).to.match(/^(\d+)\n\1\nnull\n$/);
    expect(await agent("resolve")).to.include({ code: 0 });
    expect(await status()).to.include({ current: "unknown" });
  });

  it("recovers from a kill during an action: the action has failed and the unit is not in error", async () => {
    const begun = join(directory, "begun");
    await agent(
      "deploy",
      await pack(`case $JUJU_DISPATCH_PATH in actions/fail) touch ${begun}; sleep 60;; esac`),
    );
    const running = start("run", "fail");
    await appears(begun);
    await killed(running);
    expect(await agent("update-status")).to.include({ code: 0 });
    const { stdout } = await agent("exec", "--", "cat ../../../state.json");
    const state = JSON.parse(stdout) as AgentState;
    expect(state.actions[0]).to.include({ status: "failed", message: "action terminated" });
  });

  it("recovers from a kill after any state write: resolve completes a deploy, the next command a refresh", async () => {
    const archive = await pack("echo >>own; config-get text >/dev/null");
    for (const writes of [1, 2, 3, 4, 5, 8]) {
      const state = join(directory, `state-${writes}`);
      const survivor = new UnitAgent({ stateDirectory: state, clock: systemClock, machine: MACHINE });
      await killedAfter(writes, state, "deploy", archive);
      await survivor.resolve("tiny/0", true, NEVER);
      expect(await onlyUnit(survivor), `deploy, ${writes} writes`).to.equal("idle");
      await killedAfter(writes, state, "refresh", archive);
      await survivor.configure("tiny", { number: writes }, NEVER);
      expect(await onlyUnit(survivor), `refresh, ${writes} writes`).to.equal("idle");
      const { stdout } = await survivor.exec(
        "tiny/0",
        "ls .. ; [ $(wc -l <own) -ge 5 ] && config-get number",
        NEVER,
      );
      expect(stdout).to.equal(`agent.socket\ncharm\nmanifests\n${writes}\n`);
    }
  });

  /** Kills a command after its n-th state write; a command with fewer writes runs to completion. */
  async function killedAfter(writes: number, state: string, command: string, archive: string): Promise<void> {
    await mkdir(state, { recursive: true });
    const watcher = watch(state);
    const child = spawn(process.execPath, [MAIN, "--state", state, command, archive], { stdio: "ignore" });
    let seen = 0;
    watcher.on("change", (_kind, name) => {
      if (name !== "state.json") return;
      seen += 1;
      if (seen === writes) child.kill("SIGKILL");
    });
    await once(child, "exit");
    watcher.close();
    expect(seen).to.be.at.least(1);
  }

  async function onlyUnit(survivor: UnitAgent): Promise<string> {
    return (await survivor.status()).applications["tiny"]!.units["tiny/0"]!["juju-status"].current;
  }

  it("waits for the previous command, even when that one is killed", async () => {
    const begun = join(directory, "begun");
    await agent("deploy", await pack("true"));
    const first = start("exec", "--", `touch ${begun}; sleep 60`);
    await appears(begun);
    const second = program("exec", "--", "echo after");
    await new Promise((resolve) => setTimeout(resolve, 300));
    await killed(first);
    expect((await second).stdout).to.equal("after\n");
  });
});
