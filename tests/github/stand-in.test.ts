import { assert, expect } from "chai";
import { createGithubClient } from "../../src/github/create-github-client.ts";
import {
  BadCredentialsError,
  MissingPermissionError,
  NameTakenError,
  NotFoundError,
  RateLimitError,
  RegistrationLostError,
} from "../../src/github/errors.ts";
import { parseGithubPath } from "../../src/github/path.ts";
import { silentLogger, Secret } from "charm-kit";
import { rejection } from "../support/rejection.ts";
import { startGithubStandIn, type GithubStandIn } from "../support/github/github-stand-in.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import type { FaultKind } from "../support/github/http/faults.ts";
import type { RouteName } from "../support/github/routes/route.ts";
import { never, justInTime } from "./support.ts";

describe("GithubForge against GitHub's own description", function () {
  this.timeout(120_000); // the first exchange loads the description
  let github: GithubStandIn;

  const clientOf = (at: string, token = STANDARD_TOKEN) =>
    createGithubClient({
      path: parseGithubPath(at),
      githubUrl: github.url,
      credentials: { by: "token", token: new Secret(token) },
      log: silentLogger,
      secondMs: 5,
    });
  const fault = (route: RouteName, kind: FaultKind, page?: number) =>
    github.control("add-fault", { route, fault: kind, ...(page === undefined ? {} : { page }) });
  const fill = async (count: number) => {
    const forge = createGithubClient({
      path: parseGithubPath("octo"),
      githubUrl: github.url,
      credentials: { by: "token", token: new Secret(STANDARD_TOKEN) },
      log: silentLogger,
      writeRate: { burst: count, perSecond: 1 },
    });
    await Promise.all(
      Array.from({ length: count }, (_, index) => forge.register(`app-0-${index}`, ["x"], never)),
    );
  };

  beforeEach(async () => {
    github = await startGithubStandIn();
  });

  afterEach(() => github.close());

  for (const at of ["octo/hello", "octo", "enterprises/octo-inc"]) {
    it(`asks and reads what the description of ${at} allows`, async () => {
      const forge = clientOf(at);
      const { id } = await justInTime(forge.register("app-0-1", ["self-hosted", "linux"], never));
      const expected = { id, name: "app-0-1", online: false, busy: false };
      expect(await forge.list(never)).to.deep.equal([expected]);
      expect(await forge.list(never)).to.deep.equal([expected]);
      expect(await forge.get(id, never)).to.deep.equal(expected);
      expect(await rejection(forge.register("app-0-1", ["x"], never))).to.be.instanceOf(NameTakenError);
      expect([await forge.deregister(id, never), await forge.deregister(id, never)]).to.deep.equal([
        "gone",
        "gone",
      ]);
      expect(await forge.get(id, never)).to.equal(undefined);
      expect(github.violations).to.deep.equal([]);
    });
  }

  it("reads all pages of a large fleet, and misses nobody when it drifts", async () => {
    await fill(230);
    const forge = clientOf("octo");
    expect(await forge.list(never)).to.have.length(230);
    await fault("list-runners", { kind: "page-drift" }, 2);
    expect(await forge.list(never)).to.have.length(230);
    await fault("list-runners", { kind: "duplicates" }, 2);
    expect(await forge.list(never)).to.have.length(230);
    expect(github.violations).to.deep.equal([]);
  });

  for (const kind of [
    { kind: "status", status: 502, afterEffect: true },
    { kind: "reset-after" },
    { kind: "truncated" },
    { kind: "html", status: 502 },
    { kind: "reset-before" },
  ] as const satisfies readonly FaultKind[]) {
    it(`leaves no registration behind when the answer is lost: ${JSON.stringify(kind)}`, async () => {
      const forge = clientOf("octo");
      await fault("generate-jitconfig", kind);
      const error = await rejection(forge.register("app-0-1", ["x"], never));
      expect(error).to.be.instanceOf(RegistrationLostError).with.property("cleaned", true);
      expect(await github.control("list-runners", null)).to.deep.equal([]);
    });
  }

  it("tells apart a token that is revoked, one that lacks a scope and a path that it does not see", async () => {
    await github.control("add-token", { token: "ghp_lacking", scopes: ["gist"] });
    await github.control("add-token", { token: "ghp_revoked" });
    await github.control("revoke-token", { token: "ghp_revoked" });
    await github.control("hide-scope", { scope: "orgs/secret" });
    expect(await rejection(clientOf("octo", "ghp_revoked").list(never))).to.be.instanceOf(
      BadCredentialsError,
    );
    expect(await rejection(clientOf("octo", "ghp_lacking").list(never))).to.be.instanceOf(
      MissingPermissionError,
    );
    expect(await rejection(clientOf("secret").list(never))).to.be.instanceOf(NotFoundError);
  });

  it("follows a repository to its new name, and finds the jobs there", async () => {
    const forge = clientOf("octo/hello");
    const { id } = await justInTime(forge.register("app-0-1", ["linux"], never));
    await github.control("rename-repository", { from: "octo/hello", to: "octo/renamed" });
    expect((await forge.list(never)).map(({ name }) => name)).to.deep.equal(["app-0-1"]);
    await justInTime(forge.register("app-0-2", ["windows"], never));
    const runner = github.service.runners.get(id);
    assert.isDefined(runner);
    github.service.connect(runner, { version: "2.337.0", os: "linux" });
    const repository = "octo/renamed";
    const { runId } = await github.control("queue-job", { repository, labels: ["linux"] });
    const found = await clientOf("octo/hello").job({ repository, runId, runner: "app-0-1" }, never);
    expect(found).to.have.property("createdAt").that.is.closeTo(Date.now(), 60_000);
    expect(await forge.deregister(id, never)).to.equal("gone");
    expect((await forge.list(never)).map(({ name }) => name)).to.deep.equal(["app-0-2"]);
    expect(github.violations).to.deep.equal([]);
  });

  it("tells when the limits of rate end", async () => {
    await fault("list-runners", { kind: "primary-rate-limit", status: 403, resetInMs: 600_000 });
    await fault("list-runners", { kind: "secondary-rate-limit", status: 429, retryAfterSeconds: 90 });
    for (const [limit, waitMs] of [
      ["primary", 600_000],
      ["secondary", 90_000],
    ] as const) {
      const error = await rejection(clientOf("octo").list(never));
      assert.instanceOf(error, RateLimitError);
      expect(error.limit).to.equal(limit);
      expect(error.resetAt - Date.now()).to.be.closeTo(waitMs, 30_000);
    }
  });
});
