import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hookEnvironment } from "../../packages/juju-charm/tests/hook-environment.ts";
import { LEAST_OPTIONS } from "./least-options.ts";

const MAIN = join(import.meta.dirname, "../../src/main.ts");
const RECORDER = join(import.meta.dirname, "module-recorder.ts");
const HEAVY = /node_modules\/(undici|ws|@octokit|ajv|yaml|yauzl)\//;

describe("The modules that a dispatch loads", function () {
  this.timeout(20_000);
  let directory = "";

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "loaded-modules-"));
    for (const tool of ["juju-log", "status-set", "config-get", "status-get"]) {
      const answer = tool === "config-get" ? JSON.stringify({ ...LEAST_OPTIONS, path: "" }) : "{}";
      writeFileSync(join(directory, tool), `#!/bin/sh\necho '${answer}'\n`);
      chmodSync(join(directory, tool), 0o755);
    }
  });
  after(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  const modulesOf = (dispatchPath: string, more: NodeJS.ProcessEnv = {}): readonly string[] => {
    const record = join(directory, "loaded.json");
    const juju = hookEnvironment(dispatchPath, directory);
    const env = { ...juju, PATH: directory, LOADED_MODULES: record, ...more };
    const { status, stderr } = spawnSync(process.execPath, ["--import", RECORDER, MAIN], {
      env,
      encoding: "utf8",
    });
    expect(status, stderr).to.equal(0);
    return JSON.parse(readFileSync(record, "utf8")) as readonly string[];
  };

  it("exclude heavy packages for an unobserved event", () => {
    const loaded = modulesOf("hooks/leader-elected");
    expect(loaded.filter((url) => url.endsWith("/src/main.ts"))).to.have.length(1);
    expect(loaded.filter((url) => HEAVY.test(url))).to.deep.equal([]);
    expect(loaded.filter((url) => /\/src\/(lxd|github|host|runners|guest)\//.test(url))).to.deep.equal([]);
    expect(
      loaded.filter((url) => ["node:http", "node:net", "node:child_process"].includes(url)),
    ).to.deep.equal([]);
  });

  it("exclude the GitHub and LXD clients when the options are invalid", () => {
    const loaded = modulesOf("hooks/config-changed");
    expect(loaded.filter((url) => url.endsWith("/src/charm/configuration.ts"))).to.have.length(1);
    expect(loaded.filter((url) => /node_modules\/(undici|@octokit)\//.test(url))).to.deep.equal([]);
    expect(loaded.filter((url) => url.includes("/src/lxd/"))).to.deep.equal([]);
  });

  it("include the LXD client but not the GitHub client for update-status", () => {
    const tools = mkdtempSync(join(directory, "usable-"));
    for (const [tool, answer] of [
      ["config-get", JSON.stringify(LEAST_OPTIONS)],
      ["status-get", "{}"],
      ["relation-ids", "[]"],
    ] as const) {
      writeFileSync(join(tools, tool), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
    }
    const nowhere = join(directory, "no-lxd.socket");
    const loaded = modulesOf("hooks/update-status", { PATH: `${tools}:${directory}`, LXD_SOCKET: nowhere });
    expect(loaded.filter((url) => url.endsWith("/src/lxd/lxd-unit.ts"))).to.have.length(1);
    expect(loaded.filter((url) => url.includes("/node_modules/@octokit/"))).to.deep.equal([]);
    // Nothing runs in a guest, so no WebSocket opens.
    expect(loaded.filter((url) => url.includes("/node_modules/ws/"))).to.deep.equal([]);
  });
});
