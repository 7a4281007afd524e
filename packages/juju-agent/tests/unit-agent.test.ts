import { expect } from "chai";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { HookFailedError } from "../src/agent-errors.ts";
import type { UnitAgent } from "../src/unit-agent.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { AgentFixture, MACHINE, NEVER } from "./tiny-charm.ts";

const FIRST = ["install", "leader-elected", "config-changed", "start"];

describe("UnitAgent", () => {
  let fixture: AgentFixture;
  beforeEach(async () => {
    fixture = await AgentFixture.make();
  });
  afterEach(() => fixture.dispose());

  const statusOf = async (unit = "tiny/0") => {
    const { applications } = await fixture.agent.status();
    const { current, message } = applications["tiny"]!.units[unit]!["workload-status"];
    return message === undefined ? current : `${current}: ${message}`;
  };

  it("deploy() runs the hooks of a first unit in Juju's order", async () => {
    expect(await fixture.deploy("status-set active ready")).to.equal("tiny/0");
    expect(fixture.contexts()).to.deep.equal(FIRST);
    expect(await statusOf()).to.equal("active: ready");
  });

  it("deploy() gives a hook Juju's environment and nothing else", async () => {
    await fixture.deploy(
      '[ "$JUJU_HOOK_NAME" = start ] && tr "\\0" "\\n" </proc/self/environ >env; echo "$0 $#" >argv; cat >stdin',
    );
    const [charm, tools] = [
      join(fixture.directory, "agents/unit-tiny-0/charm"),
      join(fixture.directory, "tools/unit-tiny-0"),
    ];
    const lines = (await fixture.run("cat env")).split("\n");
    const seen = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
    const { JUJU_CONTEXT_ID, JUJU_MODEL_UUID, ...rest } = seen;
    expect(JUJU_CONTEXT_ID).to.match(/^tiny\/0-start-[0-9a-f]{32}$/);
    expect(JUJU_MODEL_UUID).to.match(/^[0-9a-f-]{36}$/);
    expect(rest).to.deep.include({
      APT_LISTCHANGES_FRONTEND: "none",
      CHARM_DIR: charm,
      CLOUD_API_VERSION: "",
      DEBIAN_FRONTEND: "noninteractive",
      JUJU_AGENT_SOCKET_ADDRESS: join(fixture.directory, "agents/unit-tiny-0/agent.socket"),
      JUJU_AGENT_SOCKET_NETWORK: "unix",
      JUJU_AVAILABILITY_ZONE: "",
      JUJU_CHARM_DIR: charm,
      JUJU_CHARM_HTTP_PROXY: "",
      JUJU_CHARM_NO_PROXY: "127.0.0.1,localhost,::1",
      JUJU_DISPATCH_PATH: "hooks/start",
      JUJU_HOOK_NAME: "start",
      JUJU_MACHINE_ID: "0",
      JUJU_PRINCIPAL_UNIT: "",
      JUJU_UNIT_NAME: "tiny/0",
      LANG: "C.UTF-8",
      PATH: `${tools}:${MACHINE.path}`,
      TERM: "tmux-256color",
    });
    expect(rest).not.to.have.any.keys("HOME", "USER", "JUJU_ACTION_NAME", "http_proxy");
    expect(await fixture.run("cat argv; wc -c <stdin")).to.equal(`${charm}/dispatch 0\n0`);
  });

  it("logs the output of hooks line by line, the standard error as warnings", async () => {
    await fixture.deploy("echo one; echo two >&2; printf three");
    const levels = fixture.events.flatMap((event) =>
      event.kind === "log" && event.line.logger === "unit.tiny/0.install"
        ? [`${event.line.level} ${event.line.message}`]
        : [],
    );
    expect(levels).to.have.members(["DEBUG one", "WARNING two", "DEBUG three"]);
    expect((await fixture.agent.debugLog(1000)).filter((line) => line.includes(".install "))).to.have.length(
      3,
    );
  });

  it("sets the statuses that Juju's own agent sets", async () => {
    await fixture.deploy("true");
    await fixture.agent.remove("tiny", false, NEVER);
    const reported = fixture.events.flatMap((event) =>
      event.kind === "status" ? [`${event.status.name} ${event.status.message}`.trimEnd()] : [],
    );
    expect(reported).to.deep.equal([
      "waiting agent initialising",
      "maintenance installing charm software",
      "unknown",
      "maintenance stopping charm software",
      "maintenance",
      "maintenance cleaning up prior to charm deletion",
      "terminated",
    ]);
  });

  it("configure() runs config-changed only when a value changed", async () => {
    await fixture.deploy("config-get number >>numbers");
    fixture.events.length = 0;
    await fixture.agent.configure("tiny", { number: "3" }, NEVER);
    await fixture.agent.configure("tiny", { number: "4" }, NEVER);
    await fixture.agent.configure("tiny", { number: "4" }, NEVER);
    await fixture.agent.configure("tiny", { number: null }, NEVER);
    expect(fixture.contexts()).to.deep.equal(["config-changed", "config-changed"]);
    expect((await fixture.run("tail -n 2 numbers")).split("\n")).to.deep.equal(["4", "3"]);
  });

  it("configureModel() sets the proxies that the next hook sees", async () => {
    await fixture.deploy("true");
    await fixture.agent.configureModel(
      { "juju-http-proxy": "http://proxy:3128", "http-proxy": "http://old:1" },
      NEVER,
    );
    expect(await fixture.run("echo $JUJU_CHARM_HTTP_PROXY $http_proxy $HTTP_PROXY")).to.equal(
      "http://proxy:3128 http://old:1 http://old:1",
    );
    expect((await rejection(fixture.agent.configureModel({ colour: "red" }, NEVER))).message).to.contain(
      '"colour"',
    );
  });

  it("puts a unit in error after a failed hook, drops its pending changes and keeps immediate ones", async () => {
    const failing =
      '[ "$JUJU_HOOK_NAME" = config-changed ] || exit 0; open-port 80; state-set a=1; status-set active ready; application-version-set 7; [ -e fixed ]';
    const error = await rejection(fixture.deploy(failing));
    expect(error)
      .to.be.instanceOf(HookFailedError)
      .and.to.include({ unit: "tiny/0", hook: "config-changed" });
    expect(await statusOf()).to.equal('error: hook failed: "config-changed"');
    expect(await fixture.run("opened-ports --format=json; state-get --format=json")).to.equal("[]\nnull");
    expect((await fixture.agent.status()).applications["tiny"]!.version).to.equal("7");
    await fixture.run("touch fixed");
    await fixture.agent.resolve("tiny/0", true, NEVER);
    expect(fixture.contexts().filter((name) => name !== "run-commands")).to.deep.equal([
      "install",
      "leader-elected",
      "config-changed",
      "config-changed",
      "start",
    ]);
    expect(await statusOf()).to.equal("active: ready");
    expect(await fixture.run("opened-ports --format=json; state-get a")).to.equal('["80/tcp"]\n1');
  });

  it("resolve() without retry marks the failed hook as done and continues", async () => {
    await rejection(fixture.deploy('[ "$JUJU_HOOK_NAME" != install ]'));
    await fixture.agent.resolve("tiny/0", false, NEVER);
    expect(fixture.contexts()).to.deep.equal(FIRST);
  });

  it("configure() retries a failed hook unless the model forbids it", async () => {
    await rejection(fixture.deploy('[ "$JUJU_HOOK_NAME" != start ] || [ -e fixed ]'));
    await fixture.agent.configureModel({ "automatically-retry-hooks": "false" }, NEVER);
    await fixture.run("touch fixed");
    fixture.events.length = 0;
    expect(await rejection(fixture.agent.configure("tiny", { number: 9 }, NEVER))).to.be.instanceOf(
      HookFailedError,
    );
    expect(fixture.contexts()).to.deep.equal([]);
    await fixture.agent.configureModel({ "automatically-retry-hooks": "true" }, NEVER);
    await fixture.agent.configure("tiny", { number: 9 }, NEVER);
    expect(fixture.contexts()).to.deep.equal(["start", "config-changed"]);
  });

  it("exec() keeps the changes of a failed script", async () => {
    await fixture.deploy("true");
    const { exitCode } = await fixture.agent.exec("tiny/0", "open-port 80; echo out; exit 7", NEVER);
    expect(exitCode).to.equal(7);
    expect(await fixture.run("opened-ports; echo $JUJU_HOOK_NAME-${JUJU_DISPATCH_PATH-none}")).to.equal(
      "80/tcp\n-none",
    );
  });

  it("dispatchEvent() dispatches a custom event", async () => {
    await fixture.deploy('echo "$JUJU_DISPATCH_PATH [$JUJU_HOOK_NAME]" >>events');
    const { exitCode } = await fixture.agent.dispatchEvent("tiny/0", "reconcile-runners", NEVER);
    expect(exitCode).to.equal(0);
    expect(await fixture.run("tail -n 1 events")).to.equal("hooks/reconcile-runners []");
  });

  it("fireHook() runs update-status, and refuses hooks that end a unit", async () => {
    await fixture.deploy("true");
    fixture.events.length = 0;
    await fixture.agent.fireHook("tiny/0", "update-status", NEVER);
    expect(fixture.contexts()).to.deep.equal(["update-status"]);
    expect((await rejection(fixture.agent.fireHook("tiny/0", "stop", NEVER))).message).to.match(
      /^Cannot fire "stop"/,
    );
  });

  it("refresh() replaces files of the archive, keeps the charm's own and runs upgrade-charm", async () => {
    await fixture.deploy("true", { "old/only.txt": "1", "both.txt": "1", "made/by-archive": "1" });
    await fixture.run(
      "mkdir own; echo kept >own/state; ln -s state own/link; echo kept >made/by-charm; echo mine >new.txt",
    );
    fixture.events.length = 0;
    await fixture.agent.refresh(
      "tiny",
      await fixture.pack("true", { "both.txt": "2", "new.txt": "archive" }),
      false,
      NEVER,
    );
    expect(fixture.contexts()).to.deep.equal(["upgrade-charm", "config-changed"]);
    expect(
      await fixture.run(
        "cat both.txt new.txt own/link made/by-charm; ls old made/by-archive 2>&1 | wc -l; cat .juju-charm",
      ),
    ).to.equal("2archivekept\nkept\n2\nlocal:tiny-1");
    expect(readdirSync(join(fixture.directory, "charms"))).to.have.length(1);
  });

  it("refresh() of a unit in error needs force, then retries the failed hook with the new charm", async () => {
    await rejection(fixture.deploy('[ "$JUJU_HOOK_NAME" != start ]'));
    const fixed = await fixture.pack("true");
    expect(await rejection(fixture.agent.refresh("tiny", fixed, false, NEVER))).to.be.instanceOf(
      HookFailedError,
    );
    fixture.events.length = 0;
    await fixture.agent.refresh("tiny", fixed, true, NEVER);
    expect(fixture.contexts()).to.deep.equal(["start"]);
  });

  it("remove() stops and removes the unit and deletes its files", async () => {
    await fixture.deploy("true");
    fixture.events.length = 0;
    await fixture.agent.remove("tiny", false, NEVER);
    expect(fixture.contexts()).to.deep.equal(["stop", "remove"]);
    expect((await fixture.agent.status()).applications).to.deep.equal({});
    for (const path of ["agents/unit-tiny-0", "tools/unit-tiny-0"]) {
      expect(existsSync(join(fixture.directory, path)), path).to.be.false;
    }
  });

  it("remove() with force skips failing hooks", async () => {
    await fixture.deploy('case "$JUJU_HOOK_NAME" in stop|remove) exit 1;; esac');
    expect(await rejection(fixture.agent.remove("tiny", false, NEVER))).to.be.instanceOf(HookFailedError);
    await fixture.agent.remove("tiny", true, NEVER);
    expect((await fixture.agent.status()).applications).to.deep.equal({});
  });

  it("gives leadership only to the first unit, and detects port conflicts between units", async () => {
    const archive = await fixture.pack("true");
    await fixture.agent.deploy({ archive }, NEVER);
    fixture.events.length = 0;
    expect(await fixture.agent.deploy({ archive }, NEVER)).to.equal("tiny/1");
    expect(fixture.contexts()).to.deep.equal([
      "install",
      "leader-settings-changed",
      "config-changed",
      "start",
    ]);
    await fixture.run("open-port 80");
    const second = (script: string) => fixture.agent.exec("tiny/1", script, NEVER);
    expect((await second("is-leader; status-set --application active; open-port 80")).stderr).to.equal(
      'ERROR this unit is not the leader\nERROR cannot open 80/tcp (unit "tiny/1"): port range conflicts with 80/tcp (unit "tiny/0")\n',
    );
  });

  it("passes leadership to the next unit when the leader is removed", async () => {
    const archive = await fixture.pack("true");
    await fixture.agent.deploy({ archive, application: "pair" }, NEVER);
    await fixture.agent.deploy({ archive, application: "pair", unitNumber: 5 }, NEVER);
    await fixture.agent.remove("pair", false, NEVER);
    expect(fixture.contexts().slice(-5)).to.deep.equal([
      "stop",
      "remove",
      "leader-elected",
      "stop",
      "remove",
    ]);
  });

  it("runs start once more after a reboot of the machine", async () => {
    await fixture.deploy("true");
    fixture.events.length = 0;
    const rebooted = fixture.restarted({ ...MACHINE, bootId: "boot-2" });
    await rebooted.configure("tiny", {}, NEVER);
    await rebooted.configure("tiny", {}, NEVER);
    expect(fixture.contexts()).to.deep.equal(["start"]);
  });

  it("status() marks a status from before the last boot, until updateStatus() has run what is due", async () => {
    await fixture.deploy('status-set active "in $JUJU_HOOK_NAME"');
    const shown = async (agent: UnitAgent) => (await agent.status()).applications["tiny"]!;
    expect((await shown(fixture.agent))["application-status"]).to.not.have.property("before-last-boot");
    fixture.events.length = 0;
    const rebooted = fixture.restarted({ ...MACHINE, bootId: "boot-2" });
    const { units, ...application } = await shown(rebooted);
    expect(units["tiny/0"]!["workload-status"]).to.include({ current: "active", "before-last-boot": true });
    expect(application["application-status"]).to.include({ "before-last-boot": true });
    const late = await rebooted.wait({ unit: "tiny/0", status: "active", timeoutMs: 0 }, NEVER);
    expect(late.outcome).to.equal("late");
    await rebooted.updateStatus(NEVER);
    expect(fixture.contexts()).to.deep.equal(["start", "update-status"]);
    expect((await shown(rebooted)).units["tiny/0"]!["workload-status"]).to.not.have.property(
      "before-last-boot",
    );
  });

  it("updateStatus() reaches the other units when one is in error", async () => {
    const failing = '[ "$JUJU_UNIT_NAME-$JUJU_HOOK_NAME" != tiny/0-update-status ] || exit 1';
    // One archive: a second one differs in the times of its files.
    const archive = await fixture.pack(failing);
    for (const unit of ["tiny/0", "tiny/1"]) {
      expect(await fixture.agent.deploy({ archive }, NEVER)).to.equal(unit);
    }
    fixture.events.length = 0;
    const error = await rejection(fixture.agent.updateStatus(NEVER));
    expect(error).to.be.instanceOf(HookFailedError).and.to.include({ unit: "tiny/0" });
    expect(fixture.contexts().at(-1)).to.equal("update-status");
    expect(
      (await fixture.agent.status()).applications["tiny"]!.units["tiny/1"]!["workload-status"],
    ).to.include({
      current: "unknown",
    });
  });

  it("records a reboot that a hook requests, and refuses a reboot in actions", async () => {
    await fixture.deploy('case "$JUJU_DISPATCH_PATH" in hooks/start|actions/*) juju-reboot;; esac');
    expect((await fixture.agent.status()).applications["tiny"]!.units["tiny/0"]!["reboot-requested"]).to.be
      .true;
    const { results } = await fixture.agent.runAction({ unit: "tiny/0", action: "fail" }, NEVER);
    expect(results["stderr"]).to.equal("ERROR juju-reboot is not supported when running an action.\n");
  });

  it("runs one operation at a time in a state directory", async () => {
    await fixture.deploy("true");
    const other = fixture.restarted();
    const script = "[ ! -e busy ] || echo overlap; touch busy; sleep 0.05; rm busy";
    const outcomes = await Promise.all(
      [fixture.agent, other, other, fixture.agent].map((agent) => agent.exec("tiny/0", script, NEVER)),
    );
    expect(outcomes.map(({ stdout }) => stdout).join("")).to.equal("");
  });

  it("kills the hook when the signal is aborted, and says that it was interrupted", async () => {
    const controller = new AbortController();
    const deploying = fixture.agent.deploy(
      { archive: await fixture.pack("echo ready; sleep 60") },
      controller.signal,
    );
    while (fixture.messages("install").length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const { applications } = await fixture.restarted().status();
    expect(applications["tiny"]!.units["tiny/0"]!["juju-status"]).to.include({
      current: "executing",
      message: "running install hook",
    });
    controller.abort(new Error("enough"));
    expect((await rejection(deploying)).message).to.equal("enough");
    expect(await statusOf()).to.equal(
      'maintenance: interrupted: hook "install" runs again with the next command',
    );
  });

  it("killDispatch() kills the hook and all its processes, and the hook runs again at once", async () => {
    const archive = await fixture.pack(
      "[ -e once ] && exit 0; touch once; state-set lost=1; echo ready; sleep 60; true",
    );
    const deploying = fixture.agent.deploy({ archive }, NEVER);
    while (fixture.messages("install")[0] !== "ready") await new Promise((resolve) => setTimeout(resolve, 5));
    expect(fixture.agent.killDispatch()).to.be.true;
    await deploying;
    expect(fixture.contexts()).to.deep.equal(["install", ...FIRST]);
    expect(await fixture.run("state-get --format=json")).to.equal("null");
    expect(fixture.agent.killDispatch()).to.be.false;
  });

  it("kills a hook that calls juju-reboot --now, and runs it again after the reboot", async () => {
    const error = await rejection(
      fixture.deploy(
        '[ "$JUJU_HOOK_NAME" = start ] && [ ! -e once ] && touch once && juju-reboot --now; echo on',
      ),
    );
    expect(error).to.include({ code: "reboot-requested" });
    expect(fixture.messages("start")).to.not.include("on");
    await fixture.agent.resolve("tiny/0", true, NEVER);
    expect(fixture.messages("start")).to.include("on");
  });

  describe("runAction()", () => {
    const run = (action: string) => fixture.agent.runAction({ unit: "tiny/0", action }, NEVER);
    const whenActing = (script: string) => `case "$JUJU_DISPATCH_PATH" in actions/*) ${script};; esac`;

    it("passes the action's environment and parameters, and returns its results", async () => {
      await fixture.deploy(
        whenActing(
          'action-set a.b="$JUJU_ACTION_NAME $JUJU_ACTION_UUID $JUJU_ACTION_TAG [$JUJU_HOOK_NAME]" a.c="$(action-get nested.depth)" a.b2=$(action-get --format=json missing)',
        ),
      );
      const { results, status, parameters } = await run("greet");
      expect(results).to.deep.equal({
        "return-code": 0,
        a: { b: "greet 1 action-1 []", b2: "null", c: "2" },
      });
      expect({ status, parameters }).to.deep.equal({
        status: "completed",
        parameters: { name: "world", nested: { depth: 2 } },
      });
    });

    it("captures output, in base64 when it is not UTF-8", async () => {
      await fixture.deploy(whenActing("printf 'caf\\303\\251'; printf '\\377' >&2"));
      expect((await run("fail")).results).to.deep.equal({
        "return-code": 0,
        stdout: "café",
        stderr: "/w==",
        "stderr-encoding": "base64",
      });
    });

    it("fails with the exit status, keeps its results and drops its changes; the unit is not in error", async () => {
      await fixture.deploy(whenActing("open-port 80; action-set a=1; exit 3"));
      expect(await run("fail")).to.deep.include({
        status: "failed",
        message: "exit status 3",
        results: { a: "1", "return-code": 3 },
      });
      expect(await fixture.run("opened-ports")).to.equal("");
      expect(await statusOf()).to.equal("unknown");
    });

    it("fails with the charm's message and keeps its changes when the charm exits with 0", async () => {
      await fixture.deploy(whenActing("open-port 80; action-fail 'no luck'"));
      expect(await run("fail")).to.deep.include({ status: "failed", message: "no luck" });
      expect(await fixture.run("opened-ports")).to.equal("80/tcp");
    });

    it("fails with the exit status, not with the charm's message, when the charm does not exit with 0", async () => {
      await fixture.deploy(whenActing("open-port 80; action-fail 'no luck'; echo broken >&2; exit 1"));
      expect(await run("fail")).to.deep.include({
        status: "failed",
        message: "exit status 1",
        results: { "return-code": 1, stderr: "broken\n" },
      });
      expect(await fixture.run("opened-ports")).to.equal("");
    });

    it("runs after a failed hook of the unit", async () => {
      await rejection(fixture.deploy('[ "$JUJU_HOOK_NAME" != start ]'));
      expect(await run("fail")).to.include({ status: "completed" });
    });
  });
});
