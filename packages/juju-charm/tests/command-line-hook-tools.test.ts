import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { commandLineHookTools, HookToolError, type HookTools } from "../src/index.ts";
import { DeadlineError } from "charm-kit";
import { rejection } from "../../../tests/support/rejection.ts";
import { useTemporaryDirectory } from "../../../tests/support/temporary-directory.ts";
import { ToolScripts } from "./tool-scripts.ts";

const never = new AbortController().signal;

describe("commandLineHookTools()", () => {
  const directory = useTemporaryDirectory();
  const setUp = (options: { readonly limitMs?: number; readonly signal?: AbortSignal } = {}) => {
    const scripts = new ToolScripts(directory.path);
    const env = { PATH: scripts.path, JUJU_CONTEXT_ID: "context-1" };
    return { scripts, tools: commandLineHookTools({ env, signal: never, ...options }) };
  };

  it("reads options as JSON, once per dispatch", async () => {
    const { scripts, tools } = setUp();
    scripts.write("config-get", `echo '{"path":"a\\u003cb","virtual-machines":2,"flag":false}'`);
    const expected = { path: "a<b", "virtual-machines": 2, flag: false };
    expect(await Promise.all([tools.configGet(), tools.configGet()])).to.deep.equal([expected, expected]);
    expect(await tools.configGet()).to.deep.equal(expected);
    expect(scripts.calls()).to.deep.equal([["config-get", "--format=json"]]);
  });

  it("treats null as an empty map or list", async () => {
    const { scripts, tools } = setUp();
    for (const tool of ["config-get", "action-get", "relation-ids", "relation-get"]) {
      scripts.write(tool, "echo null");
    }
    expect(await tools.configGet()).to.deep.equal({});
    expect(await tools.actionGet()).to.deep.equal({});
    expect(await tools.relationIDs("db")).to.deep.equal([]);
    expect(await tools.relationGet(1, "pg/0")).to.deep.equal({});
  });

  it("passes only the environment of the dispatch to a tool", async () => {
    const { scripts, tools } = setUp();
    scripts.write("config-get", `printf '{"context":"%s","home":"%s"}' "$JUJU_CONTEXT_ID" "$HOME"`);
    expect(await tools.configGet()).to.deep.equal({ context: "context-1", home: "" });
  });

  it("sets an unchanged status only once, and again after another one", async () => {
    const { scripts, tools } = setUp();
    scripts.write("status-set");
    const active = { name: "active", message: "-8 runners; $(ls) 'x'" } as const;
    await tools.statusSet(active);
    await tools.statusSet({ ...active });
    await tools.applicationStatusSet(active);
    await tools.statusSet({ name: "waiting", message: "" });
    await tools.statusSet(active);
    expect(scripts.calls()).to.deep.equal([
      ["status-set", "--", "active", "-8 runners; $(ls) 'x'"],
      ["status-set", "--application", "--", "active", "-8 runners; $(ls) 'x'"],
      ["status-set", "--", "waiting", ""],
      ["status-set", "--", "active", "-8 runners; $(ls) 'x'"],
    ]);
  });

  it("sets a status again after a failure", async () => {
    const { scripts, tools } = setUp();
    scripts.write("status-set", "exit 1");
    expect(await rejection(tools.statusSet({ name: "active", message: "" }))).to.be.instanceOf(HookToolError);
    scripts.write("status-set");
    await tools.statusSet({ name: "active", message: "" });
    expect(scripts.calls()).to.have.lengthOf(2);
  });

  it("reads the status, leadership, relations, secrets and storage", async () => {
    const { scripts, tools } = setUp();
    scripts.write("status-get", `echo '{"status":"error","message":"hook failed","status-data":{}}'`);
    scripts.write("is-leader", "echo true");
    scripts.write("relation-ids", `echo '["db:10","db:3"]'`);
    scripts.write("relation-list", `echo '["pg/0"]'`);
    scripts.write("relation-get", `echo '{"host":"10.0.0.1"}'`);
    scripts.write("secret-get", `echo '{"github-token":"ghp_very_secret"}'`);
    scripts.write("storage-list", `echo '["runner/0"]'`);
    scripts.write("storage-get", `echo '{"kind":"filesystem","location":"/storage/juju"}'`);
    expect(await tools.statusGet()).to.deep.equal({ name: "error", message: "hook failed" });
    expect(await tools.isLeader()).to.equal(true);
    expect(await tools.relationIDs("db")).to.deep.equal([10, 3]);
    expect(await tools.relationUnits(3)).to.deep.equal(["pg/0"]);
    expect(await tools.relationGet(3, "pg/0")).to.deep.equal({ host: "10.0.0.1" });
    expect(await tools.relationGet(3, "pg")).to.deep.equal({ host: "10.0.0.1" });
    const fields = await tools.secretGet("secret:c7b", "latest");
    expect(fields["github-token"]?.reveal()).to.equal("ghp_very_secret");
    expect(await tools.storageList("runner")).to.deep.equal(["runner/0"]);
    expect(await tools.storageGet("runner/0")).to.deep.equal({
      kind: "filesystem",
      location: "/storage/juju",
    });
    expect(scripts.calls().slice(2)).to.deep.equal([
      ["relation-ids", "--format=json", "--", "db"],
      ["relation-list", "--format=json", "-r", "3"],
      ["relation-get", "--format=json", "-r", "3", "--", "-", "pg/0"],
      ["relation-get", "--format=json", "-r", "3", "--app", "--", "-", "pg"],
      ["secret-get", "--format=json", "--refresh", "--", "secret:c7b"],
      ["storage-list", "--format=json", "--", "runner"],
      ["storage-get", "--format=json", "-s", "runner/0"],
    ]);
  });

  it("shares relation data through standard input, and reads it again afterwards", async () => {
    const { scripts, tools } = setUp();
    const received = join(directory.path, "received");
    scripts.write("relation-set", `cat > "${received}"`);
    scripts.write("relation-get", `cat "${received}" 2>/dev/null || echo '{}'`);
    expect(await tools.relationGet(3, "github-runner/3")).to.deep.equal({});
    await tools.relationSet(3, "app", { host: " 10.0.0.1 ", gone: "" });
    expect(JSON.parse(readFileSync(received, "utf8"))).to.deep.equal({ host: " 10.0.0.1 ", gone: "" });
    expect(await tools.relationGet(3, "github-runner/3")).to.deep.equal({ host: " 10.0.0.1 ", gone: "" });
    expect(scripts.calls()[1]).to.deep.equal(["relation-set", "-r", "3", "--app", "--file", "-"]);
  });

  it("passes results, messages and versions as data, even when they look like flags", async () => {
    const { scripts, tools } = setUp();
    for (const tool of [
      "action-set",
      "action-fail",
      "action-log",
      "application-version-set",
      "juju-reboot",
    ]) {
      scripts.write(tool);
    }
    await tools.actionSet({ "delta.virtual-machines": "1", runners: "--a,b c" });
    await tools.actionSet({});
    await tools.actionFail("--why");
    await tools.actionLog("-1 runner");
    await tools.applicationVersionSet("2.330.0");
    await tools.reboot();
    expect(scripts.calls()).to.deep.equal([
      ["action-set", "--", "delta.virtual-machines=1", "runners=--a,b c"],
      ["action-fail", "--", "--why"],
      ["action-log", "--", "-1 runner"],
      ["application-version-set", "--", "2.330.0"],
      ["juju-reboot"],
    ]);
  });

  it("splits a log message that exceeds the limit of an argument", async () => {
    const { scripts, tools } = setUp();
    scripts.write("juju-log");
    const message = "é€😀".repeat(40_000);
    await tools.log("WARNING", message);
    const calls = scripts.calls();
    expect(calls.map((call) => call.slice(0, 4))).to.deep.equal(
      Array.from({ length: 3 }, () => ["juju-log", "--log-level", "WARNING", "--"]),
    );
    expect(calls.map((call) => call[4]).join("")).to.equal(message);
  });

  it("reports tool, exit code and standard error of a failure, without arguments", async () => {
    const { scripts, tools } = setUp();
    scripts.write("action-set", `echo 'ERROR not running an action' >&2; exit 1`);
    const thrown = await rejection(tools.actionSet({ password: "hunter2-hunter2" }));
    expect(thrown).to.be.instanceOf(HookToolError).and.deep.include({
      code: "hook-tool",
      tool: "action-set",
      exitCode: 1,
      stderr: "ERROR not running an action",
      message: "Cannot run action-set: it ended with code 1: ERROR not running an action",
    });
    expect(String(thrown.stack)).not.to.include("hunter2");
  });

  it("reports a killed tool", async () => {
    const { scripts, tools } = setUp();
    scripts.write("config-get", "kill -SEGV $$");
    const thrown = await rejection(tools.configGet());
    expect(thrown).to.be.instanceOf(HookToolError).with.property("exitCode", undefined);
    expect(thrown).to.have.property("message", "Cannot run config-get: it was killed by SIGSEGV");
  });

  it("refuses unlimited output of a tool", async () => {
    const { scripts, tools } = setUp();
    scripts.write("config-get", "head -c 67108865 /dev/zero");
    const thrown = await rejection(tools.configGet());
    expect(thrown).to.have.property("message", "Cannot run config-get: it printed more than 64 MiB");
  });

  it("reports a missing tool", async () => {
    const { tools } = setUp();
    const thrown = await rejection(tools.actionSet({ password: "hunter2-hunter2" }));
    expect(thrown).to.be.instanceOf(HookToolError).with.property("exitCode", undefined);
    expect(thrown)
      .to.have.property("message")
      .that.includes("action-set")
      .and.includes("not on PATH")
      .and.not.includes("hunter2");
  });

  const garbage: readonly (readonly [string, string, (tools: HookTools) => Promise<unknown>])[] = [
    ["config-get", "{oops", (tools) => tools.configGet()],
    ["config-get", "", (tools) => tools.configGet()],
    ["config-get", "[1]", (tools) => tools.configGet()],
    ["is-leader", `"True"`, (tools) => tools.isLeader()],
    ["status-get", "{}", (tools) => tools.statusGet()],
    ["relation-ids", `[1]`, (tools) => tools.relationIDs("db")],
    ["secret-get", `{"github-token":5}`, (tools) => tools.secretGet("secret:a", "tracked")],
    ["storage-get", "{}", (tools) => tools.storageGet("runner/0")],
  ];
  for (const [tool, answer, ask] of garbage) {
    it(`refuses the output "${answer}" of ${tool} without quoting it`, async () => {
      const { scripts, tools } = setUp();
      scripts.write(tool, `printf '%s' '${answer}'`);
      const thrown = await rejection(ask(tools));
      expect(thrown).to.be.instanceOf(HookToolError);
      expect(thrown)
        .to.have.property("message")
        .that.matches(new RegExp(`^Cannot run ${tool}: its answer is not `));
      if (answer) expect(thrown).to.have.property("message").that.does.not.include(answer);
    });
  }

  it("reads again after a failed read", async () => {
    const { scripts, tools } = setUp();
    scripts.write("is-leader", "exit 1");
    expect(await rejection(tools.isLeader())).to.be.instanceOf(HookToolError);
    scripts.write("is-leader", "echo false");
    expect(await tools.isLeader()).to.equal(false);
  });

  it("kills a hanging tool, even when its children keep pipes open", async () => {
    const { scripts, tools } = setUp({ limitMs: 200 });
    scripts.write("config-get", `trap '' TERM; sleep 30 & wait`);
    const thrown = await rejection(tools.configGet());
    expect(thrown).to.be.instanceOf(DeadlineError).with.property("action", "run config-get");
  });

  it("kills a running tool when the dispatch ends early, starts no other, and still delivers log lines", async () => {
    const controller = new AbortController();
    const { scripts, tools } = setUp({ signal: controller.signal });
    const started = join(directory.path, "started");
    scripts.write("config-get", `touch "${started}"; exec sleep 30`);
    scripts.write("is-leader", "echo true");
    scripts.write("juju-log");
    const reading = rejection(tools.configGet());
    while (!existsSync(started)) await new Promise(setImmediate);
    const reason = new Error("ended");
    controller.abort(reason);
    expect(await reading).to.equal(reason);
    expect(await rejection(tools.isLeader())).to.equal(reason);
    await tools.log("INFO", "Last line");
    expect(scripts.calls().map(([tool]) => tool)).to.deep.equal(["config-get", "juju-log"]);
  });
});
