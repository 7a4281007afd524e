import { expect } from "chai";
import { rejection } from "../support/rejection.ts";
import { useStandIn } from "../support/github/use-stand-in.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { createGithubClient } from "../../src/github/create-github-client.ts";
import { BadCredentialsError, RateLimitError } from "../../src/github/errors.ts";
import { parseGithubPath } from "../../src/github/path.ts";
import { Secret, silentLogger } from "charm-kit";
import { clientOf, json, never, useStubGithub } from "./support.ts";

describe("QueuedJobs", () => {
  const github = useStandIn();
  const queueOf = (path = "octo", token = STANDARD_TOKEN, group = "default") =>
    createGithubClient({
      path: parseGithubPath(path),
      githubUrl: github.standIn.url,
      credentials: { by: "token", token: new Secret(token) },
      group,
      log: silentLogger,
    }).queue;
  const job = (repository: string, labels = ["linux"], name = "build") =>
    github.standIn.service.queue({ repository, labels, name });
  afterEach(() => {
    expect(github.standIn.violations).to.deep.equal([]);
  });

  it("reads the jobs that wait in the repositories of an organisation, the oldest first", async () => {
    job("octo/hello", ["linux", "gpu"], "train");
    github.standIn.service.clock.advance(5000);
    job("octo/other");
    job("elsewhere/hello");
    const { jobs, repositories, gaps } = await queueOf().read([], never);
    expect(jobs.map(({ repository, name, labels }) => ({ repository, name, labels }))).to.deep.equal([
      { repository: "octo/hello", name: "train", labels: ["linux", "gpu"] },
      { repository: "octo/other", name: "build", labels: ["linux"] },
    ]);
    // GitHub tells whole seconds.
    expect(jobs.map(({ queuedAt }) => queuedAt % 1000)).to.deep.equal([0, 0]);
    expect((jobs[1]?.queuedAt ?? 0) - (jobs[0]?.queuedAt ?? 0)).to.be.within(5000, 15_000);
    expect([...repositories].sort()).to.deep.equal(["octo/hello", "octo/other"]);
    expect(gaps).to.deep.equal([]);
  });

  it("reads those of the repository alone where the path is one", async () => {
    job("octo/hello");
    job("octo/other");
    const { jobs } = await queueOf("octo/hello").read(["octo/other"], never);
    expect(jobs.map(({ repository }) => repository)).to.deep.equal(["octo/hello"]);
  });

  it("reads known repositories of an enterprise, and says that GitHub lists no others", async () => {
    job("octo/hello");
    job("octo/other");
    const { jobs, gaps } = await queueOf("enterprises/big").read(["octo/hello"], never);
    expect(jobs.map(({ repository }) => repository)).to.deep.equal(["octo/hello"]);
    expect(gaps).to.deep.equal(["GitHub lists no repositories of an enterprise"]);
  });

  it("asks about no repository outside of the path, whoever knows it", async () => {
    job("elsewhere/hello");
    job("octo/hello");
    const { repositories } = await queueOf().read(["elsewhere/hello"], never);
    expect(repositories).to.deep.equal(["octo/hello"]);
  });

  it("costs nothing of the rate limit as long as nothing changes, and sees what has changed", async () => {
    job("octo/hello");
    const queue = queueOf();
    const first = await queue.read([], never);
    const asked = github.standIn.requests.length;
    expect(await queue.read([], never)).to.deep.equal(first);
    expect(new Set(github.standIn.requests.slice(asked).map(({ status }) => status))).to.deep.equal(
      new Set([304]),
    );
    github.standIn.service.cancel([...github.standIn.service.jobs.values()][0] ?? expect.fail());
    expect((await queue.read([], never)).jobs).to.deep.equal([]);
  });

  it("sends a bounded number of requests, and says what it has not read", async () => {
    for (let index = 0; index < 30; index += 1) {
      for (let times = 0; times < 3; times += 1) job(`octo/hello-${index}`);
      github.standIn.service.clock.advance(1000);
    }
    for (let times = 0; times < 40; times += 1) job("octo/busy");
    const { repositories, gaps } = await queueOf().read(["octo/hello-1", "octo/hello-2"], never);
    expect(repositories).to.have.lengthOf(12);
    expect(repositories.slice(0, 3)).to.deep.equal(["octo/hello-1", "octo/hello-2", "octo/busy"]);
    expect(github.standIn.requests.length).to.be.below(1 + 2 * 15 + 60 + 1);
    expect(gaps).to.deep.equal([
      "only the 10 repositories that were pushed to last were read",
      "only the last 20 runs of octo/busy were read",
    ]);
  });

  it("says which jobs cannot be read where a permission is missing", async () => {
    job("octo/hello");
    await github.standIn.control("add-token", { token: "ghp_org", scopes: ["admin:org"] });
    const { jobs, gaps } = await queueOf("octo", "ghp_org").read([], never);
    expect(jobs).to.deep.equal([]);
    expect(gaps).to.deep.equal([
      "the jobs of octo/hello cannot be read: the credentials lack the permission 'actions: read'",
    ]);
  });

  it("fails where GitHub answers nothing", async () => {
    job("octo/hello");
    expect(await rejection(queueOf("octo", "ghp_wrong").read([], never))).to.be.instanceOf(
      BadCredentialsError,
    );
    await github.standIn.control("add-fault", {
      route: "list-runs",
      fault: { kind: "primary-rate-limit", status: 403, resetInMs: 3_600_000 },
    });
    expect(await rejection(queueOf().read([], never))).to.be.instanceOf(RateLimitError);
  });

  it("tells which repositories and organisations a runner group serves", async () => {
    expect(await queueOf("octo/hello").groupRules(never)).to.equal(undefined);
    expect(await queueOf().groupRules(never)).to.deep.equal({ name: "Default", allowsPublic: false });
    await github.standIn.control("set-runner-group", {
      id: 2,
      repositories: ["octo/Hello"],
      allowsPublic: true,
    });
    expect(await queueOf("octo", STANDARD_TOKEN, "builders").groupRules(never)).to.deep.equal({
      name: "builders",
      allowsPublic: true,
      members: ["octo/hello"],
    });
    expect(await queueOf("enterprises/big", STANDARD_TOKEN, "builders").groupRules(never)).to.deep.include({
      members: ["octo"],
    });
  });

  it("tells whether a repository is public, as far as it is shown", async () => {
    expect(await queueOf().isPublic("octo/public-site", never)).to.equal(true);
    expect(await queueOf().isPublic("octo/hello", never)).to.equal(false);
    await github.standIn.control("hide-scope", { scope: "repos/octo/secret" });
    expect(await queueOf().isPublic("octo/secret", never)).to.equal(undefined);
  });
});

describe("QueuedJobs with other answers than GitHub's", () => {
  const github = useStubGithub();

  it("leaves out what cannot be read of a list, and fails where there is none", async () => {
    const runs = "GET /repos/octo/hello/actions/runs";
    const jobs = "GET /repos/octo/hello/actions/runs/7/jobs";
    const whole = {
      id: 1,
      name: "a",
      status: "queued",
      labels: ["x", 5],
      created_at: "2026-11-25T10:00:00Z",
    };
    github.on(runs, json(200, { workflow_runs: [{ id: 7 }, { id: "x" }, null] }));
    github.on(
      jobs,
      json(200, {
        jobs: [whole, { ...whole, id: 2, created_at: "soon" }, { ...whole, id: 3, status: "waiting" }, 5],
      }),
    );
    const queue = clientOf(github).queue;
    expect((await queue.read([], never)).jobs).to.deep.equal([
      { id: 1, name: "a", labels: ["x"], queuedAt: Date.UTC(2026, 10, 25, 10), repository: "octo/hello" },
    ]);
    github.on(runs, json(200, { workflow_runs: "none" }));
    expect(await rejection(queue.read([], never))).to.match(/does not match its API/);
  });

  it("knows the restriction of a group to workflows", async () => {
    github.on(
      "GET /orgs/octo/actions/runner-groups/1",
      json(200, {
        id: 1,
        name: "Default",
        visibility: "private",
        allows_public_repositories: true,
        restricted_to_workflows: true,
        selected_workflows: ["octo/hello/.github/workflows/ci.yml@main"],
      }),
    );
    const queue = clientOf(github, { at: "octo" }).queue;
    expect(await queue.groupRules(never)).to.deep.equal({
      name: "Default",
      allowsPublic: false,
      workflows: ["octo/hello/.github/workflows/ci.yml@main"],
    });
  });
});
