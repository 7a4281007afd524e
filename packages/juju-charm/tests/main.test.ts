import { expect } from "chai";
import { build } from "esbuild";
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { hookEnvironment } from "./hook-environment.ts";
import { useTemporaryDirectory } from "../../../tests/support/temporary-directory.ts";
import { ToolScripts } from "./tool-scripts.ts";

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe("main()", () => {
  const directory = useTemporaryDirectory();
  let scripts: ToolScripts;

  beforeEach(() => {
    const tools = join(directory.path, "tools");
    mkdirSync(tools);
    scripts = new ToolScripts(tools);
    for (const tool of ["juju-log", "status-set", "action-set", "action-fail"]) scripts.write(tool);
    scripts.write("config-get", `echo '{"token":"ghp_sixteen_letters"}'`);
  });

  const start = (
    dispatchPath: string,
    file = join(import.meta.dirname, "lively-charm.ts"),
    more: Readonly<Record<string, string | undefined>> = {},
  ): ChildProcessByStdio<null, Readable, Readable> => {
    const env = { ...hookEnvironment(dispatchPath, directory.path), PATH: scripts.path, ...more };
    return spawn(process.execPath, [file], { env, stdio: ["ignore", "pipe", "pipe"] });
  };

  const ended = async (child: ChildProcessByStdio<null, Readable, Readable>): Promise<Ended> => {
    const [stdout, stderr, [code, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close") as Promise<[number | null, string | null]>,
    ]);
    return { code, signal, stdout, stderr };
  };

  it("exits with 2 for an event that a person names and the charm does not observe", async () => {
    const more = { CHARM_EVENT_MUST_BE_OBSERVED: "true" };
    const { code, stdout, stderr } = await ended(start("hooks/nosuch", undefined, more));
    expect(code).to.equal(2);
    expect(stdout).not.to.include("Uncaught");
    expect(stderr).to.match(/^Cannot dispatch nosuch: no handler of this charm observes it; /);
    expect((await ended(start("hooks/nosuch"))).code).to.equal(0);
  });

  it("runs a hook with the tools on PATH, and delivers all log lines in order before it exits with 0", async () => {
    const { code, stdout, stderr } = await ended(start("hooks/install"));
    expect({ code, stdout, stderr }).to.deep.equal({
      code: 0,
      stdout: "Reading options token=[redacted]\n",
      stderr: "",
    });
    const calls = scripts.calls();
    expect(calls.filter(([tool]) => tool === "juju-log")).to.deep.equal([
      ["juju-log", "--log-level", "INFO", "--", "Installing with token=[redacted]"],
      ["juju-log", "--log-level", "WARNING", "--", "Second line"],
    ]);
    expect(calls.filter(([tool]) => tool === "status-set")).to.deep.equal([
      ["status-set", "--", "active", "install of github-runner/3"],
    ]);
    expect(JSON.stringify(calls)).not.to.include("ghp_");
  });

  it("exits with 0 for an event without observers, and runs no tool", async () => {
    const { code, stdout, stderr } = await ended(start("hooks/update-status"));
    expect({ code, stdout, stderr }).to.deep.equal({
      code: 0,
      stdout: "No handler observes the event event=update-status\n",
      stderr: "",
    });
    expect(scripts.calls()).to.deep.equal([]);
  });

  it("exits with 1 when a hook throws, with the stack in Juju's log", async () => {
    const { code, stderr } = await ended(start("hooks/start"));
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: "" });
    const [call] = scripts.calls();
    expect(call?.slice(0, 4)).to.deep.equal(["juju-log", "--log-level", "ERROR", "--"]);
    expect(call?.[4]).to.match(
      /^Uncaught error in start: NoPathError: Cannot start: the path is missing\n +at .*lively-charm/,
    );
  });

  it("exits with 1 when an action throws, with the reason on standard error, which is part of the results", async () => {
    const { code, stdout, stderr } = await ended(start("actions/check-runners"));
    const reason = "Cannot check runners: the path is missing\n";
    expect({ code, stdout, stderr }).to.deep.equal({ code: 1, stdout: "", stderr: reason });
    const [set, ...others] = scripts.calls();
    expect(set).to.deep.equal(["action-set", "--", "online=2"]);
    expect(others.map(([tool]) => tool)).to.deep.equal(["juju-log"]);
  });

  it("exits with 1 on an unhandled rejection", async () => {
    const { code } = await ended(start("hooks/config-changed"));
    expect(code).to.equal(1);
    expect(JSON.stringify(scripts.calls())).to.include("nobody awaits this");
  });

  it("aborts the handlers on SIGTERM and ends by SIGTERM, so that Juju does not report a failed hook", async () => {
    const child = start("hooks/stop");
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    const { code, signal } = await ended(child);
    expect({ code, signal }).to.deep.equal({ code: null, signal: "SIGTERM" });
    expect(JSON.stringify(scripts.calls())).to.include("Juju ended the dispatch");
  });

  it("reports on standard error that Juju did not start it", async () => {
    const child = start("hooks/install", undefined, { JUJU_UNIT_NAME: undefined });
    const { code, stderr } = await ended(child);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^JujuContextError: Cannot read the Juju context: JUJU_UNIT_NAME is not set/);
  });

  it("fails the hook with a readable message when a tool is missing", async () => {
    const { code, stdout } = await ended(start("hooks/install", undefined, { PATH: "/nowhere" }));
    expect(code).to.equal(1);
    expect(stdout).to.match(
      /^ERROR Uncaught error in install: UnknownToolError: Cannot run config-get: .*not on PATH/,
    );
  });

  describe("when bundled", () => {
    it("loads no large modules for an event without observers", async () => {
      const bundle = join(directory.path, "bundle");
      await build({
        entryPoints: [join(import.meta.dirname, "lively-charm.ts")],
        bundle: true,
        platform: "node",
        format: "esm",
        splitting: true,
        target: "node24",
        outdir: bundle,
        outExtension: { ".js": ".mjs" },
      });
      const loadedBy = async (dispatchPath: string): Promise<readonly string[]> => {
        const list = join(directory.path, "modules");
        const { code } = await ended(
          start(dispatchPath, join(bundle, "lively-charm.mjs"), { MODULE_LIST: list }),
        );
        expect(code).to.equal(0);
        const modules = readFileSync(list, "utf8").split("\n");
        const heavy = ["child_process", "http", "https", "net", "tls", "worker_threads", "crypto"];
        return heavy.filter((name) => modules.includes(`NativeModule ${name}`));
      };
      expect(await loadedBy("hooks/update-status")).to.deep.equal([]);
      expect(await loadedBy("hooks/install"))
        .to.include("child_process")
        .and.not.include("http");
    });
  });
});
