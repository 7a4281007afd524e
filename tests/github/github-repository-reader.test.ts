import { generateKeyPairSync } from "node:crypto";
import { expect } from "chai";
import { Secret, silentLogger } from "charm-kit";
import type { CheckRequest } from "../../src/compliance/check-request.ts";
import { createRepositoryReader, type GithubClientOptions } from "../../src/github/create-github-client.ts";
import { AppRefusedError, RateLimitError, UnavailableError } from "../../src/github/errors.ts";
import { parseGithubPath } from "../../src/github/path.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import type { RepositorySettings } from "../support/github/state/repository-settings.ts";
import { useStandIn } from "../support/github/use-stand-in.ts";
import { rejection } from "../support/rejection.ts";
import { soon } from "../support/patience.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const OCTO = { owner: "octo", name: "hello" };
const PULL = {
  number: 3,
  author: "mona",
  source: "mona/hello",
  sourceBranch: "mend",
  targetBranch: "main",
  commit: COMMIT,
};

describe("createRepositoryReader()", function () {
  // The stand-in compiles GitHub's largest schemas.
  this.timeout(120_000);
  const github = useStandIn();
  const signal = soon;

  const open = (change: Partial<GithubClientOptions> & { at?: string } = {}) => {
    const { at = "octo/hello", ...options } = change;
    return createRepositoryReader({
      path: parseGithubPath(at),
      githubUrl: github.standIn.url,
      credentials: { by: "token", token: new Secret(STANDARD_TOKEN) },
      log: silentLogger,
      secondMs: 5,
      ...options,
    });
  };
  const set = (settings: RepositorySettings) =>
    github.standIn.control("set-repository", { repository: "octo/hello", settings });
  const push: CheckRequest = { event: "push", repository: OCTO, pullRequest: undefined };
  const pull = (owner = "mona", targetBranch = "main"): CheckRequest => ({
    event: "pull_request",
    repository: OCTO,
    pullRequest: { source: { owner, name: "hello" }, sourceBranch: "mend", targetBranch, commit: COMMIT },
  });
  const asked = () => github.standIn.requests.map(({ path }) => path.replace("/repos/octo/hello", ""));

  afterEach(() => {
    expect(github.standIn.violations).to.deep.equal([]);
  });

  it("reads all outside collaborators with more than read access, over the pages of the list", async () => {
    const crowd = Array.from({ length: 130 }, (_, index) => ({
      login: `person-${index}`,
      role: "triage" as const,
      isOutside: true,
    }));
    await set({ collaborators: [...crowd, { login: "member", role: "admin" }] });
    const facts = await open().read(push, signal());
    expect(facts?.outsideCollaborators).to.have.length(130);
    expect(facts?.outsideCollaborators[129]).to.deep.equal({ login: "person-129", role: "triage" });
    expect(facts?.pullRequest).to.equal(undefined);
  });

  it("reads the protection of the target, its reviews and who may bypass them", async () => {
    await set({
      branches: { main: { approvals: 2, bypass: { users: ["boss"], teams: ["admins"], apps: ["bot"] } } },
    });
    expect((await open().read(pull("octo"), signal()))?.pullRequest).to.deep.equal({
      target: {
        name: "main",
        isDefault: true,
        isProtected: true,
        reviews: [
          {
            source: "branch protection",
            approvals: 2,
            bypass: ["user 'boss'", "team 'admins'", "app 'bot'"],
          },
        ],
      },
      source: { repository: "octo/hello", isFork: false, ownerMayWrite: true, approvals: [] },
      commit: COMMIT,
    });
  });

  it("reads rulesets beside branch protection, with what GitHub tells of their bypass lists", async () => {
    await set({
      rulesets: [
        { id: 7, name: "strict", branch: "main", approvals: 1, bypass: [] },
        { id: 8, name: "loose", branch: "main", approvals: 1, bypass: ["OrganizationAdmin"] },
        { id: 9, name: "hidden", branch: "main", approvals: 3 },
        { id: 10, name: "keep", branch: "main" },
        { id: 11, name: "elsewhere", branch: "other", approvals: 1, bypass: [] },
      ],
    });
    const facts = await open().read(pull("octo"), signal());
    expect(facts?.pullRequest?.target).to.deep.include({ isProtected: true });
    expect(facts?.pullRequest?.target.reviews).to.deep.equal([
      { source: "ruleset 'strict'", approvals: 1, bypass: [] },
      { source: "ruleset 'loose'", approvals: 1, bypass: ["OrganizationAdmin 1"] },
      { source: "ruleset 'hidden'", approvals: 3, bypass: "unknown" },
    ]);
  });

  it("reads no reviews of a branch where they do not matter", async () => {
    await set({ branches: { main: null, "release/1": { approvals: 1 } } });
    const facts = await open().read(pull("octo", "release/1"), signal());
    expect(facts?.pullRequest?.target).to.deep.equal({
      name: "release/1",
      isDefault: false,
      isProtected: true,
      reviews: [],
    });
  });

  it("tells apart branches that differ in case alone", async () => {
    await set({ branches: { main: { approvals: 1 }, Main: null } });
    const reader = open();
    expect((await reader.read(pull("octo"), signal()))?.pullRequest?.target.isProtected).to.equal(true);
    expect((await reader.read(pull("octo", "Main"), signal()))?.pullRequest?.target.isProtected).to.equal(
      false,
    );
  });

  it("reads the approvals of a fork's commit, with what their authors may do", async () => {
    await set({
      branches: { main: { approvals: 1 } },
      collaborators: [
        { login: "boss", role: "maintain" },
        { login: "helper", role: "triage" },
      ],
      pullRequests: [
        { ...PULL, number: 2, source: "mona/fork-of-another-name" },
        {
          ...PULL,
          comments: [{ by: "mona", text: `/canonical/self-hosted-runners/run-workflows ${COMMIT}` }],
          reviews: ["boss", "helper"].map((by) => ({ by, state: "APPROVED", commit: COMMIT })),
        },
      ],
    });
    expect((await open().read(pull(), signal()))?.pullRequest?.source).to.deep.equal({
      repository: "mona/hello",
      isFork: true,
      ownerMayWrite: false,
      approvals: [
        { by: "boss", mayWrite: true },
        { by: "helper", mayWrite: false },
        { by: "mona", mayWrite: false },
      ],
    });
  });

  it("reads no approvals where the fork's owner may write, or there is no such pull request", async () => {
    await set({ branches: { main: null }, collaborators: [{ login: "mona", role: "write" }] });
    expect((await open().read(pull(), signal()))?.pullRequest?.source).to.include({ ownerMayWrite: true });
    await set({ branches: { main: null }, pullRequests: [{ ...PULL, sourceBranch: "other" }] });
    expect((await open().read(pull(), signal()))?.pullRequest?.source).to.deep.include({
      ownerMayWrite: false,
      approvals: [],
    });
    expect(asked().some((path) => path.startsWith("/issues"))).to.equal(false);
  });

  it("asks again for what has changed alone: GitHub counts no 304", async () => {
    await set({ branches: { main: { approvals: 1 } }, pullRequests: [PULL] });
    const reader = open();
    const first = await reader.read(pull(), signal());
    const before = github.standIn.requests.length;
    expect(await reader.read(pull(), signal())).to.deep.equal(first);
    expect(github.standIn.requests.slice(before).map(({ status }) => status)).to.deep.equal(
      Array.from({ length: before }, () => 304),
    );
    await set({ branches: { main: { approvals: 0 } }, pullRequests: [PULL] });
    const after = await reader.read(pull(), signal());
    expect(after?.pullRequest?.target.reviews[0]?.approvals).to.equal(0);
  });

  it("asks once for checks that come together", async () => {
    await set({});
    const reader = open();
    await Promise.all(Array.from({ length: 20 }, () => reader.read(push, signal())));
    expect(asked()).to.have.length(1);
  });

  it("asks GitHub nothing about a repository outside of its path", async () => {
    const reader = open({ at: "octo" });
    const other = { ...push, repository: { owner: "evil", name: "hello" } };
    expect(await reader.read(other, signal())).to.equal(undefined);
    expect(asked()).to.deep.equal([]);
    expect(await reader.read(push, signal())).to.not.equal(undefined);
  });

  it("knows its repository by a new name", async () => {
    await github.standIn.control("rename-repository", { from: "octo/hello", to: "octo/world" });
    const renamed = { ...push, repository: { owner: "octo", name: "world" } };
    expect(await open().read(renamed, signal())).to.deep.equal({
      outsideCollaborators: [],
      pullRequest: undefined,
    });
  });

  it("uses a token of a GitHub App that may read, and no more", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pem = { type: "pkcs8", format: "pem" } as const;
    const credentials = {
      by: "app",
      clientId: "Iv1.app",
      installationId: 7,
      privateKey: new Secret(privateKey.export(pem).toString()),
    } as const;
    const app = {
      clientId: "Iv1.app",
      installationId: 7,
      publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    };
    const permissions = {
      administration: "write",
      contents: "read",
      metadata: "read",
      pull_requests: "read",
    };
    await github.standIn.control("add-app", { ...app, permissions: { administration: "write" } });
    expect(await rejection(open({ credentials }).read(push, signal()))).to.be.instanceOf(AppRefusedError);
    await github.standIn.control("add-app", { ...app, permissions });
    await set({ branches: { main: { approvals: 1 } }, pullRequests: [PULL] });
    await open({ credentials }).read(pull(), signal());
    const minted = github.standIn.requests.findLast(({ route }) => route === "access-token");
    expect(minted?.body).to.deep.include({
      permissions: { administration: "read", contents: "read", metadata: "read", pull_requests: "read" },
    });
  });

  it("shares the rate limit with the unit's other requests", async () => {
    const resetAt = Date.now() + 600_000;
    const rateLimitStore = {
      get: () => Promise.resolve({ limit: "primary" as const, resetAt, learnedAt: Date.now() - 1000 }),
      put: () => Promise.resolve(),
    };
    expect(await rejection(open({ rateLimitStore }).read(push, signal()))).to.be.instanceOf(RateLimitError);
    expect(asked()).to.deep.equal([]);
  });

  it("fails when an answer cannot be read: it might be the one that refuses the job", async () => {
    await github.standIn.control("add-fault", {
      route: "repository-settings",
      fault: { kind: "html", status: 200 },
    });
    expect(await rejection(open().read(push, signal()))).to.be.instanceOf(UnavailableError);
  });
});
