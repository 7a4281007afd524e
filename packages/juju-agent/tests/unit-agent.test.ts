import { expect } from "chai";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { HookFailedError } from "../src/agent-errors.ts";
import { rejection } from "./rejection.ts";
import { Bench, MACHINE, NEVER } from "./tiny-charm.ts";

const FIRST = ["install", "leader-elected", "config-changed", "start"];

describe("UnitAgent", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.make();
  });
  afterEach(() => bench.dispose());

  const statusOf = async (unit = "tiny/0") => {
    const { applications } = await bench.agent.status();
    const { current, message } = applications["tiny"]!.units[unit]!["workload-status"];
    return message === undefined ? current : `${current}: ${message}`;
  };

  it("deploy() runs the hooks of a first unit in Juju's order", async () => {
    expect(await bench.deploy("status-set active ready")).to.equal("tiny/0");
    expect(bench.contexts()).to.deep.equal(FIRST);
    expect(await statusOf()).to.equal("active: ready");
  });

  it("deploy() gives a hook Juju's environment and nothing else", async () => {
    await bench.deploy(
      '[ "$JUJU_HOOK_NAME" = start ] && tr "\\0" "\\n" </proc/self/environ >env; echo "$0 $#" >argv; cat >stdin',
    );
    const [charm, tools] = [
      join(bench.directory, "agents/unit-tiny-0/charm"),
      join(bench.directory, "tools/unit-tiny-0"),
    ];
    const lines = (await bench.run("cat env")).split("\n");
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
      JUJU_AGENT_SOCKET_ADDRESS: join(bench.directory, "agents/unit-tiny-0/agent.socket"),
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
    expect(await bench.run("cat argv; wc -c <stdin")).to.equal(`${charm}/dispatch 0\n0`);
  });

  it("logs the output of hooks line by line, the standard error as warnings", async () => {
    await bench.deploy("echo one; echo two >&2; printf three");
    const levels = bench.events.flatMap((event) =>
      event.kind === "log" && event.line.logger === "unit.tiny/0.install"
        ? [`${event.line.level} ${event.line.message}`]
        : [],
    );
    expect(levels).to.have.members(["DEBUG one", "WARNING two", "DEBUG three"]);
    expect((await bench.agent.debugLog(1000)).filter((line) => line.includes(".install "))).to.have.length(3);
  });

  it("sets the statuses that Juju's agent sets itself", async () => {
    await bench.deploy("true");
    await bench.agent.remove("tiny", false, NEVER);
    const told = bench.events.flatMap((event) =>
      event.kind === "status" ? [`${event.status.name} ${event.status.message}`.trimEnd()] : [],
    );
    expect(told).to.deep.equal([
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
    await bench.deploy("config-get number >>numbers");
    bench.events.length = 0;
    await bench.agent.configure("tiny", { number: "3" }, NEVER);
    await bench.agent.configure("tiny", { number: "4" }, NEVER);
    await bench.agent.configure("tiny", { number: "4" }, NEVER);
    await bench.agent.configure("tiny", { number: null }, NEVER);
    expect(bench.contexts()).to.deep.equal(["config-changed", "config-changed"]);
    expect((await bench.run("tail -n 2 numbers")).split("\n")).to.deep.equal(["4", "3"]);
  });

  it("configureModel() sets the proxies that the next hook sees", async () => {
    await bench.deploy("true");
    await bench.agent.configureModel(
      { "juju-http-proxy": "http://proxy:3128", "http-proxy": "http://old:1" },
      NEVER,
    );
    expect(await bench.run("echo $JUJU_CHARM_HTTP_PROXY $http_proxy $HTTP_PROXY")).to.equal(
      "http://proxy:3128 http://old:1 http://old:1",
    );
    expect((await rejection(bench.agent.configureModel({ colour: "red" }, NEVER))).message).to.contain(
      '"colour"',
    );
  });

  it("a failed hook puts the unit in error, drops what was buffered and keeps what was immediate", async () => {
    const failing =
      '[ "$JUJU_HOOK_NAME" = config-changed ] || exit 0; open-port 80; state-set a=1; status-set active ready; application-version-set 7; [ -e mended ]';
    const error = await rejection(bench.deploy(failing));
    expect(error)
      .to.be.instanceOf(HookFailedError)
      .and.to.include({ unit: "tiny/0", hook: "config-changed" });
    expect(await statusOf()).to.equal('error: hook failed: "config-changed"');
    expect(await bench.run("opened-ports --format=json; state-get --format=json")).to.equal("[]\nnull");
    expect((await bench.agent.status()).applications["tiny"]!.version).to.equal("7");
    await bench.run("touch mended");
    await bench.agent.resolve("tiny/0", true, NEVER);
    expect(bench.contexts().filter((name) => name !== "run-commands")).to.deep.equal([
      "install",
      "leader-elected",
      "config-changed",
      "config-changed",
      "start",
    ]);
    expect(await statusOf()).to.equal("active: ready");
    expect(await bench.run("opened-ports --format=json; state-get a")).to.equal('["80/tcp"]\n1');
  });

  it("resolve() without retry takes the failed hook as done and goes on", async () => {
    await rejection(bench.deploy('[ "$JUJU_HOOK_NAME" != install ]'));
    await bench.agent.resolve("tiny/0", false, NEVER);
    expect(bench.contexts()).to.deep.equal(FIRST);
  });

  it("the next verb retries a failed hook unless the model forbids it", async () => {
    await rejection(bench.deploy('[ "$JUJU_HOOK_NAME" != start ] || [ -e mended ]'));
    await bench.agent.configureModel({ "automatically-retry-hooks": "false" }, NEVER);
    await bench.run("touch mended");
    bench.events.length = 0;
    expect(await rejection(bench.agent.configure("tiny", { number: 9 }, NEVER))).to.be.instanceOf(
      HookFailedError,
    );
    expect(bench.contexts()).to.deep.equal([]);
    await bench.agent.configureModel({ "automatically-retry-hooks": "true" }, NEVER);
    await bench.agent.configure("tiny", { number: 9 }, NEVER);
    expect(bench.contexts()).to.deep.equal(["start", "config-changed"]);
  });

  it("exec() keeps what a script set although it failed", async () => {
    await bench.deploy("true");
    const { exitCode } = await bench.agent.exec("tiny/0", "open-port 80; echo out; exit 7", NEVER);
    expect(exitCode).to.equal(7);
    expect(await bench.run("opened-ports; echo $JUJU_HOOK_NAME-${JUJU_DISPATCH_PATH-none}")).to.equal(
      "80/tcp\n-none",
    );
  });

  it("dispatchEvent() dispatches an event of the charm's own", async () => {
    await bench.deploy('echo "$JUJU_DISPATCH_PATH [$JUJU_HOOK_NAME]" >>events');
    const { exitCode } = await bench.agent.dispatchEvent("tiny/0", "reconcile-runners", NEVER);
    expect(exitCode).to.equal(0);
    expect(await bench.run("tail -n 1 events")).to.equal("hooks/reconcile-runners []");
  });

  it("fireHook() runs update-status, and refuses hooks that end a unit", async () => {
    await bench.deploy("true");
    bench.events.length = 0;
    await bench.agent.fireHook("tiny/0", "update-status", NEVER);
    expect(bench.contexts()).to.deep.equal(["update-status"]);
    expect((await rejection(bench.agent.fireHook("tiny/0", "stop", NEVER))).message).to.match(
      /^Cannot fire "stop"/,
    );
  });

  it("refresh() replaces files of the archive, keeps the charm's own and runs upgrade-charm", async () => {
    await bench.deploy("true", { "old/only.txt": "1", "both.txt": "1", "made/by-archive": "1" });
    await bench.run(
      "mkdir own; echo kept >own/state; ln -s state own/link; echo kept >made/by-charm; echo mine >new.txt",
    );
    bench.events.length = 0;
    await bench.agent.refresh(
      "tiny",
      await bench.pack("true", { "both.txt": "2", "new.txt": "archive" }),
      false,
      NEVER,
    );
    expect(bench.contexts()).to.deep.equal(["upgrade-charm", "config-changed"]);
    expect(
      await bench.run(
        "cat both.txt new.txt own/link made/by-charm; ls old made/by-archive 2>&1 | wc -l; cat .juju-charm",
      ),
    ).to.equal("2archivekept\nkept\n2\nlocal:tiny-1");
    expect(readdirSync(join(bench.directory, "charms"))).to.have.length(1);
  });

  it("refresh() of a unit in error needs force, and then retries the failed hook with the new charm", async () => {
    await rejection(bench.deploy('[ "$JUJU_HOOK_NAME" != start ]'));
    const mended = await bench.pack("true");
    expect(await rejection(bench.agent.refresh("tiny", mended, false, NEVER))).to.be.instanceOf(
      HookFailedError,
    );
    bench.events.length = 0;
    await bench.agent.refresh("tiny", mended, true, NEVER);
    expect(bench.contexts()).to.deep.equal(["start"]);
  });

  it("remove() stops and removes the unit and leaves none of its files", async () => {
    await bench.deploy("true");
    bench.events.length = 0;
    await bench.agent.remove("tiny", false, NEVER);
    expect(bench.contexts()).to.deep.equal(["stop", "remove"]);
    expect((await bench.agent.status()).applications).to.deep.equal({});
    for (const place of ["agents/unit-tiny-0", "tools/unit-tiny-0"]) {
      expect(existsSync(join(bench.directory, place)), place).to.be.false;
    }
  });

  it("remove() with force goes on past failing hooks", async () => {
    await bench.deploy('case "$JUJU_HOOK_NAME" in stop|remove) exit 1;; esac');
    expect(await rejection(bench.agent.remove("tiny", false, NEVER))).to.be.instanceOf(HookFailedError);
    await bench.agent.remove("tiny", true, NEVER);
    expect((await bench.agent.status()).applications).to.deep.equal({});
  });

  it("a second unit is no leader until the first is gone, and ports are shared by the machine", async () => {
    const archive = await bench.pack("true");
    await bench.agent.deploy({ archive }, NEVER);
    bench.events.length = 0;
    expect(await bench.agent.deploy({ archive }, NEVER)).to.equal("tiny/1");
    expect(bench.contexts()).to.deep.equal(["install", "leader-settings-changed", "config-changed", "start"]);
    await bench.run("open-port 80");
    const second = (script: string) => bench.agent.exec("tiny/1", script, NEVER);
    expect((await second("is-leader; status-set --application active; open-port 80")).stderr).to.equal(
      'ERROR this unit is not the leader\nERROR cannot open 80/tcp (unit "tiny/1"): port range conflicts with 80/tcp (unit "tiny/0")\n',
    );
  });

  it("leadership goes to the next unit when the leader is gone", async () => {
    const archive = await bench.pack("true");
    await bench.agent.deploy({ archive, application: "pair" }, NEVER);
    await bench.agent.deploy({ archive, application: "pair", unitNumber: 5 }, NEVER);
    await bench.agent.remove("pair", false, NEVER);
    expect(bench.contexts().slice(-5)).to.deep.equal(["stop", "remove", "leader-elected", "stop", "remove"]);
  });

  it("runs start once more after a reboot of the machine", async () => {
    await bench.deploy("true");
    bench.events.length = 0;
    const rebooted = bench.restarted({ ...MACHINE, bootId: "boot-2" });
    await rebooted.configure("tiny", {}, NEVER);
    await rebooted.configure("tiny", {}, NEVER);
    expect(bench.contexts()).to.deep.equal(["start"]);
  });

  it("records a reboot that a hook asked for, and refuses it in actions", async () => {
    await bench.deploy('case "$JUJU_DISPATCH_PATH" in hooks/start|actions/*) juju-reboot;; esac');
    expect((await bench.agent.status()).applications["tiny"]!.units["tiny/0"]!["reboot-requested"]).to.be
      .true;
    const { results } = await bench.agent.runAction({ unit: "tiny/0", action: "fail" }, NEVER);
    expect(results["stderr"]).to.equal("ERROR juju-reboot is not supported when running an action.\n");
  });

  it("lets one verb at a time work in a state directory", async () => {
    await bench.deploy("true");
    const other = bench.restarted();
    const script = "[ ! -e busy ] || echo overlap; touch busy; sleep 0.05; rm busy";
    const outcomes = await Promise.all(
      [bench.agent, other, other, bench.agent].map((agent) => agent.exec("tiny/0", script, NEVER)),
    );
    expect(outcomes.map(({ stdout }) => stdout).join("")).to.equal("");
  });

  it("an aborted signal kills the hook, whose unit is then in error", async () => {
    const controller = new AbortController();
    const deploying = bench.agent.deploy(
      { archive: await bench.pack("echo ready; sleep 60") },
      controller.signal,
    );
    while (bench.messages("install").length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const { applications } = await bench.restarted().status();
    expect(applications["tiny"]!.units["tiny/0"]!["juju-status"]).to.include({
      current: "executing",
      message: "running install hook",
    });
    controller.abort(new Error("enough"));
    expect((await rejection(deploying)).message).to.equal("enough");
    expect(await statusOf()).to.equal('error: hook failed: "install"');
  });

  it("killDispatch() kills the hook with all its processes, and the hook runs again at once", async () => {
    const archive = await bench.pack(
      "[ -e once ] && exit 0; touch once; state-set lost=1; echo ready; sleep 60; true",
    );
    const deploying = bench.agent.deploy({ archive }, NEVER);
    while (bench.messages("install")[0] !== "ready") await new Promise((resolve) => setTimeout(resolve, 5));
    expect(bench.agent.killDispatch()).to.be.true;
    await deploying;
    expect(bench.contexts()).to.deep.equal(["install", ...FIRST]);
    expect(await bench.run("state-get --format=json")).to.equal("null");
    expect(bench.agent.killDispatch()).to.be.false;
  });

  it("juju-reboot --now kills the hook, which runs again after the reboot", async () => {
    const error = await rejection(
      bench.deploy(
        '[ "$JUJU_HOOK_NAME" = start ] && [ ! -e once ] && touch once && juju-reboot --now; echo on',
      ),
    );
    expect(error).to.include({ code: "reboot-requested" });
    expect(bench.messages("start")).to.not.include("on");
    await bench.agent.resolve("tiny/0", true, NEVER);
    expect(bench.messages("start")).to.include("on");
  });

  describe("runAction()", () => {
    const run = (action: string) => bench.agent.runAction({ unit: "tiny/0", action }, NEVER);
    const whenActing = (script: string) => `case "$JUJU_DISPATCH_PATH" in actions/*) ${script};; esac`;

    it("gives the environment of an action, its parameters and what it set", async () => {
      await bench.deploy(
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

    it("captures output, in base64 when it is no UTF-8", async () => {
      await bench.deploy(whenActing("printf 'caf\\303\\251'; printf '\\377' >&2"));
      expect((await run("fail")).results).to.deep.equal({
        "return-code": 0,
        stdout: "café",
        stderr: "/w==",
        "stderr-encoding": "base64",
      });
    });

    it("fails with the exit status, keeps its results and drops its changes; the unit stays well", async () => {
      await bench.deploy(whenActing("open-port 80; action-set a=1; exit 3"));
      expect(await run("fail")).to.deep.include({
        status: "failed",
        message: "exit status 3",
        results: { a: "1", "return-code": 3 },
      });
      expect(await bench.run("opened-ports")).to.equal("");
      expect(await statusOf()).to.equal("unknown");
    });

    it("fails with the charm's message and keeps its changes when the charm exits with 0", async () => {
      await bench.deploy(whenActing("open-port 80; action-fail 'no luck'"));
      expect(await run("fail")).to.deep.include({ status: "failed", message: "no luck" });
      expect(await bench.run("opened-ports")).to.equal("80/tcp");
    });

    it("runs while a hook of the unit has failed", async () => {
      await rejection(bench.deploy('[ "$JUJU_HOOK_NAME" != start ]'));
      expect(await run("fail")).to.include({ status: "completed" });
    });
  });
});
