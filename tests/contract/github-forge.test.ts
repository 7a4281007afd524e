import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGithubClient } from "../../src/github/create-github-client.ts";
import { parseGithubPath } from "../../src/github/path.ts";
import type { Forge } from "../../src/runners/ports.ts";
import { silentLogger, Secret } from "charm-kit";
import { startGithubStandIn, type GithubStandIn } from "../support/github/github-stand-in.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { buildArchive } from "../support/github/runner-application/build-archive.ts";
import type { RunnerRecord } from "../support/github/state/runner-record.ts";
import { describeForge, type ForgeFixture } from "./forge.contract.ts";
import { soon } from "../support/patience.ts";

const REPOSITORY = "octo/hello";

describe("GithubForge", function () {
  this.timeout(120_000); // the first exchange loads GitHub's description
  let directory = "";
  let github: GithubStandIn;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "forge-contract-"));
    const archive = await buildArchive(directory, soon());
    github = await startGithubStandIn({ archives: [archive] });
  });
  after(async () => {
    await github.close();
    await rm(directory, { recursive: true, force: true });
  });

  for (const path of [REPOSITORY, "octo", "enterprises/octo-inc"]) {
    describe(`for ${path}`, () => {
      describeForge(() => Promise.resolve(new StandInFixture(github, path)));
    });
  }
});

/** GitHub's stand-in in this process; a test that made it see what its description does not allow fails. */
class StandInFixture implements ForgeFixture {
  readonly forge: Forge;
  readonly #github: GithubStandIn;

  constructor(github: GithubStandIn, path: string) {
    this.#github = github;
    this.forge = createGithubClient({
      path: parseGithubPath(path),
      githubUrl: github.url,
      credentials: { by: "token", token: new Secret(STANDARD_TOKEN) },
      log: silentLogger,
      secondMs: 5,
      writeRate: { burst: 200, perSecond: 200 },
    });
  }

  connect(name: string): Promise<void> {
    this.#github.service.connect(this.#runner(name), { version: "2.337.0", os: "linux" });
    return Promise.resolve();
  }

  assignJob(name: string): Promise<void> {
    const { service } = this.#github;
    const job = service.queue({ repository: REPOSITORY, labels: ["self-hosted"] });
    expect(service.acquire(this.#runner(name), job)).to.equal(true);
    return Promise.resolve();
  }

  async removeJustInTime(): Promise<void> {
    const fault = { kind: "status", status: 404 } as const;
    await this.#github.control("add-fault", { route: "generate-jitconfig", fault, times: 100 });
  }

  async dispose(): Promise<void> {
    const violations = [...this.#github.violations];
    await this.#github.control("reset", null);
    expect(violations).to.deep.equal([]);
  }

  #runner(name: string): RunnerRecord {
    const runner = [...this.#github.service.runners.values()].find((record) => record.name === name);
    if (!runner) throw new Error(`There is no runner ${name}`);
    return runner;
  }
}
