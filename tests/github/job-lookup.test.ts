import { expect } from "chai";
import { rejection } from "../support/rejection.ts";
import { MissingPermissionError, UnavailableError } from "../../src/github/errors.ts";
import { clientOf, json, never, useStubGithub } from "./support.ts";

const ROUTE = "GET /repos/octo/hello/actions/runs/7/jobs";
const QUERY = { repository: "octo/hello", runId: 7, runner: "app-0-1" };

const job = (change: Record<string, unknown> = {}) => ({
  id: 1,
  runner_name: "app-0-1",
  created_at: "2026-11-25T10:00:00Z",
  started_at: "2026-11-25T10:00:07Z",
  conclusion: "success",
  ...change,
});
const jobs = (all: readonly object[], headers: Record<string, string> = {}) =>
  json(200, { total_count: all.length, jobs: all }, headers);
const next = { link: '<https://example.com/?page=2>; rel="next"' };

describe("GithubForge.job()", () => {
  const github = useStubGithub();

  it("finds the job of a runner among those of its run, on whichever page", async () => {
    const others = [job({ runner_name: null, conclusion: null }), job({ runner_name: "app-0-2" })];
    github.on(ROUTE, jobs(others, next), jobs([job()]));
    expect(await clientOf(github).job(QUERY, never)).to.deep.equal({
      createdAt: Date.UTC(2026, 10, 25, 10, 0, 0),
      startedAt: Date.UTC(2026, 10, 25, 10, 0, 7),
      conclusion: "success",
    });
    expect(github.requests.map(({ query }) => query)).to.deep.equal([
      { filter: "all", per_page: "100", page: "1" },
      { filter: "all", per_page: "100", page: "2" },
    ]);
  });

  it("tells no conclusion of a job that GitHub takes for unfinished", async () => {
    github.on(ROUTE, jobs([job({ conclusion: null })]));
    expect(await clientOf(github).job(QUERY, never)).to.have.property("conclusion", undefined);
  });

  it("finds nothing where the run has no such runner, or is not there", async () => {
    github.on(ROUTE, jobs([job({ runner_name: "app-0-10" })]));
    expect(await clientOf(github).job(QUERY, never)).to.equal(undefined);
    expect(await clientOf(github).job({ ...QUERY, runId: 8 }, never)).to.equal(undefined);
  });

  it("does not turn over pages without an end", async () => {
    github.on(ROUTE, jobs([job({ runner_name: "another" })], next));
    expect(await clientOf(github).job(QUERY, never)).to.equal(undefined);
    expect(github.requests).to.have.lengthOf(5);
  });

  it("asks about repositories that the unit's runners can have jobs of, and about no other", async () => {
    github.on(ROUTE, jobs([job()]));
    for (const [at, isAsked] of [
      ["Octo/Hello", true],
      ["octo/other", false],
      ["other/hello", false],
      ["OCTO", true],
      ["other", false],
      ["enterprises/octo-inc", true],
    ] as const) {
      const before = github.seen(ROUTE).length;
      const found = await clientOf(github, { at }).job(QUERY, never);
      expect(found !== undefined, at).to.equal(isAsked);
      expect(github.seen(ROUTE).length - before, at).to.equal(isAsked ? 1 : 0);
    }
  });

  it("finds the job of a repository that has a new name", async () => {
    github.on(ROUTE, jobs([job()])).on("GET /repos/octo/old", json(200, { full_name: "octo/hello" }));
    const forge = clientOf(github, { at: "octo/old" });
    for (const attempt of [1, 2]) {
      expect(await forge.job(QUERY, never), String(attempt)).to.have.property("conclusion", "success");
    }
    expect(github.seen("GET /repos/octo/old"), "asked once").to.have.length(1);
  });

  it("asks about no repository that GitHub does not name as the present one", async () => {
    const bad = ["another/one", "a/b/c", "https://github.com/octo/hello", 7];
    for (const answer of [
      ...bad.map((name) => json(200, { full_name: name })),
      json(200, []),
      json(404, {}),
    ]) {
      github.on(ROUTE, jobs([job()])).on("GET /repos/octo/old", answer);
      expect(await clientOf(github, { at: "octo/old" }).job(QUERY, never)).to.equal(undefined);
    }
    expect(github.seen(ROUTE)).to.have.length(0);
  });

  it("keeps the conclusion of a job whose times an old server does not send", async () => {
    github.on(
      ROUTE,
      jobs([job({ runner_name: "app-0-2", started_at: null }), job({ created_at: undefined })]),
    );
    expect(await clientOf(github).job(QUERY, never)).to.deep.include({
      createdAt: undefined,
      conclusion: "success",
    });
  });

  it("fails on a refusal, and on an answer that is none", async () => {
    github.on(ROUTE, json(403, { message: "Resource not accessible by personal access token" }));
    expect(await rejection(clientOf(github).job(QUERY, never))).to.be.instanceOf(MissingPermissionError);
    for (const body of [{}, { jobs: {} }, { jobs: "none" }]) {
      github.on(ROUTE, json(200, body));
      expect(await rejection(clientOf(github).job(QUERY, never))).to.be.instanceOf(UnavailableError);
    }
  });
});
