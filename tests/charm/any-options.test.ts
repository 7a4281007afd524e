import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { GithubRunnerCharm } from "../../src/charm/charm.ts";
import { dispatch, readJujuContext, type JsonObject } from "juju-charm";
import { FakeHookTools } from "../../packages/juju-charm/tests/fake-hook-tools.ts";
import { hookEnvironment } from "../../packages/juju-charm/tests/hook-environment.ts";
import { startGithubStandIn, type GithubStandIn } from "../support/github/github-stand-in.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { anyOptions } from "./any-options.ts";
import { LEAST_OPTIONS } from "./least-options.ts";
import { lonelySystem } from "./lonely-system.ts";

const HOOKS = ["hooks/config-changed", "hooks/update-status", "hooks/install", "hooks/stop"];
const ACTIONS = ["actions/check-runners", "actions/update-dependencies"];
const STATUSES = ["active", "blocked", "maintenance", "waiting"];
/** Nobody listens there: no request leaves the machine. */
const NOWHERE = "http://127.0.0.1:9";

describe("GithubRunnerCharm, with any options", function () {
  this.timeout(360_000);
  let directory = "";
  let github: GithubStandIn;

  before(async () => {
    github = await startGithubStandIn();
    directory = await mkdtemp(join(tmpdir(), "any-options-"));
  });
  after(async () => {
    await github.close();
    await rm(directory, { recursive: true, force: true });
  });

  const run = async (path: string, config: JsonObject, environment: NodeJS.ProcessEnv) => {
    const system = lonelySystem(directory);
    const tools = new FakeHookTools();
    tools.config = config;
    const lines: string[] = [];
    const code = await dispatch((framework) => new GithubRunnerCharm(framework, system), {
      context: readJujuContext({ ...hookEnvironment(path, directory), ...environment }),
      tools,
      writeLine: (line) => void lines.push(line),
      signal: new AbortController().signal,
    });
    return { code, tools, lines };
  };
  /** The options, with the stand-in as GitHub, unless they name another one. */
  const atStandIn = (options: JsonObject): readonly [JsonObject, NodeJS.ProcessEnv] => {
    const isOwn = options["github-url"] === LEAST_OPTIONS["github-url"];
    const token = options["token"] === LEAST_OPTIONS.token ? STANDARD_TOKEN : (options["token"] ?? "");
    return isOwn
      ? [{ ...options, token, "github-url": github.url, "test-mode": "insecure" }, {}]
      : [{ ...options, "test-mode": "insecure" }, { JUJU_CHARM_HTTP_PROXY: NOWHERE }];
  };

  it("ends each hook with a status, and each action with a result or a failure", async () => {
    const paths = fc.constantFrom(...HOOKS, ...ACTIONS);
    const check = async (path: string, options: JsonObject) => {
      const { code, tools, lines } = await run(path, ...atStandIn(options));
      expect(code, lines.join("\n")).to.equal(0);
      if (ACTIONS.includes(path)) {
        expect(tools.failure ?? Object.keys(tools.results).join()).to.not.equal("");
      } else if (tools.statuses.length > 0) {
        expect(tools.statuses.at(-1)?.name).to.be.oneOf(STATUSES);
      }
    };
    await fc.assert(fc.asyncProperty(paths, anyOptions, check), { numRuns: 400 });
    expect(github.requests.length, "hooks that came past the options").to.be.above(20);
  });
});
