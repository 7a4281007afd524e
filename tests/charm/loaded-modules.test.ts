import { expect } from "chai";
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { hookEnvironment } from "../../packages/juju-charm/tests/hook-environment.ts";
import { ServiceApi } from "../../src/service/service-api.ts";
import { sampleStatus } from "../service/sample-status.ts";
import { LEAST_OPTIONS } from "./least-options.ts";

const run = promisify(execFile);

/** Of the charm itself, for a look at a healthy service: each further module takes its time at every update-status. */
const GLANCE = Object.entries({
  charm: [
    "charm",
    "condition",
    "immutable-options",
    "runner-actions",
    "status-reporter",
    "status",
    "unit-work",
  ],
  host: ["best-effort-record", "json-record", "timers"],
  metrics: ["history-file", "standing"],
  runners: ["errors", "runner-name", "utc-minute"],
  unit: [
    "ask-service",
    "demand",
    "early-ends",
    "evacuation",
    "flush-mode",
    "glance-at-timers",
    "installed-options",
    "real-system",
    "service-paths",
    "service-program",
    "service-status",
    "timed-events",
    "told-error",
    "unit-records",
    "unit-slug",
  ],
}).flatMap(([room, names]) => names.map((name) => `${room}/${name}.ts`));

const MAIN = join(import.meta.dirname, "../../src/main.ts");
const BESIDE_SERVICE = join(import.meta.dirname, "main-beside-service.ts");
const SERVICE = join(import.meta.dirname, "../../src/service/run-service.ts");
/** Of the charm itself. */
const SOURCES = pathToFileURL(join(import.meta.dirname, "../../src/")).href;
const RECORDER = join(import.meta.dirname, "module-recorder.ts");
const HEAVY = /node_modules\/(undici|ws|@octokit|ajv|yaml|yauzl)\//;

describe("The modules that a dispatch loads", function () {
  this.timeout(180_000);
  let directory = "";

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "loaded-modules-"));
    for (const [tool, answer] of [
      ["juju-log", "{}"],
      ["status-set", "{}"],
      ["status-get", "{}"],
      ["config-get", JSON.stringify({ ...LEAST_OPTIONS, path: "" })],
      ["relation-ids", "[]"],
    ] as const) {
      writeFileSync(join(directory, tool), `#!/bin/sh\necho '${answer}'\n`);
      chmodSync(join(directory, tool), 0o755);
    }
  });
  after(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  const modulesBy = async (words: readonly string[], more: NodeJS.ProcessEnv): Promise<readonly string[]> => {
    const record = join(directory, "loaded.json");
    const env = { PATH: directory, LOADED_MODULES: record, ...more };
    await run(process.execPath, ["--import", RECORDER, ...words], { env });
    return JSON.parse(readFileSync(record, "utf8")) as readonly string[];
  };
  const modulesOf = (dispatchPath: string, more: NodeJS.ProcessEnv = {}, main = MAIN) =>
    modulesBy([main], { ...hookEnvironment(dispatchPath, directory), ...more });
  const packagesIn = (loaded: readonly string[]) =>
    [
      ...new Set(loaded.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? [])),
    ].sort();
  const sourcesIn = (loaded: readonly string[]) =>
    loaded
      .filter((url) => url.startsWith(SOURCES))
      .map((url) => url.slice(SOURCES.length))
      .sort();

  it("exclude heavy packages for an unobserved event", async () => {
    const loaded = await modulesOf("hooks/leader-elected");
    expect(loaded.filter((url) => url.endsWith("/src/main.ts"))).to.have.length(1);
    expect(loaded.filter((url) => HEAVY.test(url))).to.deep.equal([]);
    expect(loaded.filter((url) => /\/src\/(lxd|github|host|runners|guest)\//.test(url))).to.deep.equal([]);
    expect(
      loaded.filter((url) => ["node:http", "node:net", "node:child_process"].includes(url)),
    ).to.deep.equal([]);
  });

  it("exclude the GitHub and LXD clients when the options are invalid", async () => {
    const loaded = await modulesOf("hooks/config-changed");
    expect(loaded.filter((url) => url.endsWith("/src/charm/configuration.ts"))).to.have.length(1);
    expect(loaded.filter((url) => /node_modules\/(undici|@octokit)\//.test(url))).to.deep.equal([]);
    expect(loaded.filter((url) => url.includes("/src/lxd/"))).to.deep.equal([]);
    // No agent is related that wants rules and dashboards.
    expect(loaded.filter((url) => /node_modules\/(yaml|lzma)\//.test(url))).to.deep.equal([]);
  });

  it("include the LXD client but not the GitHub client for update-status", async () => {
    const tools = mkdtempSync(join(directory, "usable-"));
    for (const [tool, answer] of [
      ["config-get", JSON.stringify(LEAST_OPTIONS)],
      ["status-get", "{}"],
      ["relation-ids", "[]"],
    ] as const) {
      writeFileSync(join(tools, tool), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
    }
    const nowhere = join(directory, "no-lxd.socket");
    const loaded = await modulesOf("hooks/update-status", {
      PATH: `${tools}:${directory}`,
      LXD_SOCKET: nowhere,
    });
    expect(loaded.filter((url) => url.endsWith("/src/lxd/lxd-unit.ts"))).to.have.length(1);
    expect(loaded.filter((url) => url.includes("/node_modules/@octokit/"))).to.deep.equal([]);
    // Nothing runs in a guest, so no WebSocket opens.
    expect(loaded.filter((url) => url.includes("/node_modules/ws/"))).to.deep.equal([]);
  });

  it("are few for update-status beside a healthy runner service, which has done the work", async () => {
    const unit = join(directory, "github-runner-3");
    mkdirSync(unit);
    const now = Date.now();
    const counts = { online: 1, busy: 0, offline: 0, unknown: 0, names: ["a"], busyNames: [], standby: 0 };
    const times = { startedAt: now, checkedAt: now, activity: { state: "waiting", until: now } } as const;
    const status = sampleStatus({ counts, ...times });
    const path = join(unit, "service.sock");
    const api = new ServiceApi({ path, status: () => status, reconcile: () => Promise.resolve(status) });
    await api.open();
    try {
      const loaded = await modulesOf("hooks/update-status", { DATA_ROOT: directory }, BESIDE_SERVICE);
      expect(packagesIn(loaded)).to.deep.equal(["eventemitter3"]);
      expect(sourcesIn(loaded)).to.deep.equal(GLANCE);
      expect(loaded.filter((url) => ["node:http", "node:crypto"].includes(url))).to.deep.equal([]);
    } finally {
      await api.close();
    }
  });

  it("are for the runner service those of its work alone: nothing of Juju, options and archives", async () => {
    const start = `await import(${JSON.stringify(SERVICE)})`;
    const loaded = await modulesBy(["--input-type=module", "--eval", start], {});
    expect(packagesIn(loaded)).to.deep.equal([
      "@octokit/auth-token",
      "@octokit/core",
      "@octokit/endpoint",
      "@octokit/graphql",
      // The archive has neither this one nor that of the routes.
      "@octokit/plugin-paginate-rest",
      "@octokit/plugin-request-log",
      "@octokit/plugin-rest-endpoint-methods",
      "@octokit/request",
      "@octokit/request-error",
      "@octokit/rest",
      "before-after-hook",
      "content-type",
      "json-with-bigint",
      "undici",
      "universal-user-agent",
    ]);
    expect(loaded.filter((url) => /\/packages\/(?!kit|lxd-client|scale-set-client)/.test(url))).to.deep.equal(
      [],
    );
    expect(loaded.filter((url) => /\/src\/(charm|main)\b/.test(url))).to.deep.equal([]);
    expect(loaded.filter((url) => url.includes("/src/host/inspect-archive"))).to.deep.equal([]);
  });
});
