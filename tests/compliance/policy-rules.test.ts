import { expect } from "chai";
import { JOB_EVENTS, type JobEvent } from "../../src/compliance/check-request.ts";
import { describeRefusals, POLICY_RULES, refusals } from "../../src/compliance/policy-rules.ts";
import type { PullRequestSource, RepositoryFacts, TargetBranch } from "../../src/compliance/ports.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const STRICT = { source: "branch protection", approvals: 1, bypass: [] };
const WRITER = { login: "hubot", role: "write" };

const pullRequest = (
  target: Partial<TargetBranch> = {},
  source: Partial<PullRequestSource> = {},
): RepositoryFacts => ({
  outsideCollaborators: [],
  pullRequest: {
    target: { name: "main", isDefault: true, isProtected: true, reviews: [STRICT], ...target },
    source: { repository: "octo/hello", isFork: false, ownerMayWrite: true, approvals: [], ...source },
    commit: COMMIT,
  },
});
const fork = (source: Partial<PullRequestSource> = {}, target: Partial<TargetBranch> = {}) =>
  pullRequest(target, { repository: "mona/hello", isFork: true, ownerMayWrite: false, ...source });
const broken = (facts: RepositoryFacts, event: JobEvent = "pull_request") =>
  refusals(event, facts).map(({ rule, violations }) => [rule.id, ...violations]);

describe("refusals()", () => {
  for (const event of JOB_EVENTS) {
    it(`are none for ${event} of a repository without outside collaborators of more than read access`, () => {
      const facts = { outsideCollaborators: [{ login: "reader", role: "read" }], pullRequest: undefined };
      expect(broken(facts, event)).to.deep.equal([]);
    });

    it(`name each outside collaborator with more than read access for ${event}`, () => {
      const outsideCollaborators = [WRITER, { login: "lisa", role: "our-own-role" }];
      expect(broken({ outsideCollaborators, pullRequest: undefined }, event)).to.deep.equal([
        [
          "outside-collaborators",
          "outside collaborator 'hubot' has the role 'write'",
          "outside collaborator 'lisa' has the role 'our-own-role'",
        ],
      ]);
    });
  }

  it("are none for a pull request into a protected branch with reviews", () => {
    expect(broken(pullRequest())).to.deep.equal([]);
  });

  it("name an unprotected target, whatever branch it is", () => {
    for (const isDefault of [true, false]) {
      expect(broken(pullRequest({ isDefault, isProtected: false, reviews: [] }))).to.deep.equal([
        ["protected-target", "branch 'main' is not protected"],
      ]);
    }
  });

  it("demand reviews of the default branch, and of all branches for forks", () => {
    const reviews = [{ ...STRICT, approvals: 0 }];
    const missing = [["required-reviews", "branch 'main' can be merged into without an approving review"]];
    expect(broken(pullRequest({ reviews }))).to.deep.equal(missing);
    expect(broken(pullRequest({ reviews: [] }))).to.deep.equal(missing);
    expect(broken(pullRequest({ reviews: [], isDefault: false }))).to.deep.equal([]);
    expect(broken(fork({ ownerMayWrite: true }, { reviews: [], isDefault: false }))).to.deep.equal(missing);
  });

  it("name who may bypass the reviews, unless other reviews bind them", () => {
    const reviews = [{ ...STRICT, bypass: ["user 'mona'", "team 'admins'"] }];
    expect(broken(pullRequest({ reviews }))).to.deep.equal([
      ["no-bypass", "the reviews of the branch protection can be bypassed by user 'mona', team 'admins'"],
    ]);
    expect(
      broken(pullRequest({ reviews: [...reviews, { ...STRICT, source: "ruleset 'strict'" }] })),
    ).to.deep.equal([]);
    expect(broken(pullRequest({ reviews, isDefault: false }))).to.deep.equal([]);
  });

  it("take an unknown bypass list for one with people on it", () => {
    const reviews = [{ source: "ruleset 'strict'", approvals: 2, bypass: "unknown" as const }];
    expect(broken(pullRequest({ reviews }))).to.deep.equal([
      ["no-bypass", "GitHub does not show the unit who may bypass the ruleset 'strict'"],
    ]);
  });

  it("demand an approval for a fork whose owner may not write", () => {
    expect(broken(fork())).to.deep.equal([
      ["approved-fork", `commit ${COMMIT} of 'mona/hello' is not approved`],
    ]);
    expect(broken(fork({ ownerMayWrite: true }))).to.deep.equal([]);
    expect(broken(fork({ approvals: [{ by: "boss", mayWrite: true }] }))).to.deep.equal([]);
  });

  it("count no approval of people who may not write, such as the author", () => {
    expect(broken(fork({ approvals: [{ by: "mona", mayWrite: false }] }))).to.deep.equal([
      [
        "approved-fork",
        `commit ${COMMIT} of 'mona/hello' is not approved; the approval of 'mona' does not count`,
      ],
    ]);
  });

  it("count no approval of an outside collaborator, who may write or not", () => {
    const facts = {
      ...fork({ approvals: [{ by: "HuBot", mayWrite: true }] }),
      outsideCollaborators: [WRITER],
    };
    expect(broken(facts).map(([rule]) => rule)).to.deep.equal(["outside-collaborators", "approved-fork"]);
  });
});

describe("POLICY_RULES", () => {
  it("have names of their own, and say in sentences what they demand and what helps", () => {
    expect(new Set(POLICY_RULES.map(({ id }) => id)).size).to.equal(POLICY_RULES.length);
    for (const { demands, remedy, id } of POLICY_RULES) {
      expect(demands, id).to.match(/^[A-Z].*\.$/);
      expect(remedy, id).to.match(/^[A-Z].*\.$/);
    }
  });
});

describe("describeRefusals()", () => {
  it("tells each broken rule with what a person can do", () => {
    const text = describeRefusals(
      "octo/hello",
      refusals("pull_request", pullRequest({ isProtected: false, reviews: [] })),
    );
    expect(text).to.equal(
      "Repository 'octo/hello' may not use these runners:\n- protected-target: branch 'main' is not protected\n" +
        "  Ask an administrator of the repository to protect the branch (Settings, Branches or Rules).",
    );
  });

  it("lets no name begin a line, where it might be a command of the log", () => {
    const outsideCollaborators = [{ login: "hubot", role: "x\r\n::error::mine\u2028::stop-commands::y" }];
    const text = describeRefusals(
      "octo/hello",
      refusals("push", { outsideCollaborators, pullRequest: undefined }),
    );
    expect(text.split(/[\r\n\u2028]/).filter((line) => line.startsWith("::"))).to.deep.equal([]);
    expect(text).to.contain("role 'x ::error::mine ::stop-commands::y'");
  });

  it("fits into the log of a job, however many people break a rule", () => {
    const outsideCollaborators = Array.from({ length: 1000 }, (_, index) => ({
      login: `person-${index}`,
      role: "admin",
    }));
    const text = describeRefusals(
      "octo/hello",
      refusals("push", { outsideCollaborators, pullRequest: undefined }),
    );
    expect(text).to.contain("and 995 more");
    expect(text.length).to.be.below(4096);
  });
});
