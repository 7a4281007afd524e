import { expect } from "chai";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GithubRunnerCharm } from "../../src/charm/charm.ts";
import { dispatch, readJujuContext, type ExitCode, type JsonObject } from "juju-charm";
import { FakeHookTools } from "../../packages/juju-charm/tests/fake-hook-tools.ts";
import { hookEnvironment } from "../../packages/juju-charm/tests/hook-environment.ts";
import { startGithubStandIn, type GithubStandIn } from "../support/github/github-stand-in.ts";
import { readSettings } from "../../src/unit/service-settings.ts";
import { LEAST_OPTIONS, TOKEN } from "./least-options.ts";
import { lonelySystem } from "./lonely-system.ts";

const HOOKS = ["install", "start", "config-changed", "upgrade-charm", "update-status", "reconcile-runners"];
const ACTIONS = ["reconcile-runners", "check-runners", "flush-runners", "update-dependencies", "build-image"];

describe("GithubRunnerCharm on a machine without LXD", function () {
  this.timeout(120_000); // the first exchange loads GitHub's description
  let directory = "";
  let github: GithubStandIn;

  before(async () => {
    github = await startGithubStandIn();
  });
  after(() => github.close());
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "charm-test-"));
  });
  afterEach(async () => {
    await github.control("reset", null);
    await rm(directory, { recursive: true, force: true });
  });

  const standIn = (): JsonObject => ({
    ...LEAST_OPTIONS,
    "github-url": github.url,
    "test-mode": "insecure",
  });
  const run = async (
    path: string,
    config: JsonObject,
    tools = new FakeHookTools(),
  ): Promise<{ code: ExitCode; tools: FakeHookTools; shown: string; told: string }> => {
    const system = lonelySystem(directory);
    Object.assign(tools, Object.keys(config).length > 0 && { config });
    const written: string[] = [];
    const code = await dispatch((framework) => new GithubRunnerCharm(framework, system), {
      context: readJujuContext(hookEnvironment(path, directory)),
      tools,
      writeLine: (line) => void written.push(line),
      signal: new AbortController().signal,
    });
    const status = tools.statuses.at(-1);
    const told = JSON.stringify([written, tools.lines, tools.statuses, tools.failure, tools.results]);
    return { code, tools, shown: status ? `${status.name}: ${status.message}` : "", told };
  };

  for (const hook of HOOKS) {
    it(`is blocked by wrong options in ${hook}, reports them, and the hook succeeds`, async () => {
      const { code, shown } = await run(`hooks/${hook}`, { ...LEAST_OPTIONS, path: "", "vm-cpu": 0 });
      expect(code).to.equal(0);
      expect(shown).to.match(/^blocked: /);
      expect(shown)
        .to.include("path: missing; use owner/repo")
        .and.to.include("vm-cpu: 0 is less than 1; use 1");
      expect(github.requests).to.deep.equal([]);
    });
  }

  it("is blocked when LXD is missing, and names the remedy", async () => {
    const { code, shown } = await run("hooks/update-status", LEAST_OPTIONS);
    expect(code).to.equal(0);
    expect(shown).to.match(/^blocked: .*\/lxd\/unix\.socket does not exist; install LXD/);
  });

  it("asks GitHub before LXD, and is blocked by a refused token", async () => {
    const { code, shown } = await run("hooks/install", { ...standIn(), token: TOKEN });
    expect(code).to.equal(0);
    expect(shown).to.match(/^blocked: Invalid token: /);
  });

  for (const action of ACTIONS) {
    it(`fails the action ${action} with the status message and without results`, async () => {
      const { code, tools } = await run(`actions/${action}`, { ...LEAST_OPTIONS, path: "" });
      expect(code).to.equal(0);
      expect(tools.failure).to.include("path: missing; use owner/repo");
      expect(tools.results).to.deep.equal({});
    });
  }

  describe("and the settings of its runner service", () => {
    const settings = () => readSettings(join(directory, "data", "github-runner-3", "service.json"));

    it("are written by the hook, and paused by unusable options, without a secret in the reason", async () => {
      await run("hooks/config-changed", standIn());
      expect((await settings()).paused).to.equal(undefined);
      await run("hooks/config-changed", { ...standIn(), token: TOKEN, labels: `${TOKEN}!` });
      const { paused } = await settings();
      expect(paused).to.include("labels").and.not.to.include(TOKEN);
      await run("hooks/config-changed", standIn());
      expect((await settings()).paused).to.equal(undefined);
    });

    it("are not paused by an error that is no condition", async () => {
      await run("hooks/config-changed", standIn());
      const tools = new FakeHookTools();
      Object.defineProperty(tools, "config", {
        get: () => {
          throw new TypeError("a mistake in the program");
        },
      });
      const { code } = await run("hooks/config-changed", {}, tools);
      expect(code).to.equal(1);
      expect((await settings()).paused).to.equal(undefined);
    });

    it("are withdrawn when they cannot be replaced, and the status tells so", async () => {
      await mkdir(join(directory, "data", "github-runner-3", "service.json", "x"), { recursive: true });
      const { code, shown } = await run("hooks/config-changed", standIn());
      expect(code).to.equal(0);
      expect(shown).to.match(/^blocked: Cannot change the settings of the runner service: /);
    });
  });

  it("fails the action check-runners when LXD is missing", async () => {
    const { code, tools } = await run("actions/check-runners", standIn());
    expect(code).to.equal(0);
    expect(tools.failure).not.to.equal(undefined);
  });

  it("never outputs the token, whatever fails", async () => {
    for (const path of [
      ...HOOKS.map((name) => `hooks/${name}`),
      ...ACTIONS.map((name) => `actions/${name}`),
    ]) {
      const { told } = await run(path, { ...standIn(), token: TOKEN, labels: `${TOKEN}!` });
      expect(told, path).not.to.include(TOKEN);
      expect((await run(path, { ...standIn(), token: TOKEN })).told, path).not.to.include(TOKEN);
    }
  });
});
