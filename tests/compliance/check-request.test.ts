import { expect } from "chai";
import fc from "fast-check";
import { eventOfPath, readCheckRequest } from "../../src/compliance/check-request.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const PULL_REQUEST = {
  repository_name: "octo/hello",
  source_repository_name: "mona/hello",
  target_branch_name: "main",
  source_branch_name: "feature/ünïcode",
  commit_sha: COMMIT,
};

describe("eventOfPath()", () => {
  it("knows the paths of repo-policy-compliance, and no other", () => {
    const paths = ["/pull_request", "/workflow_dispatch", "/push", "/schedule", "/default", ""];
    expect(paths.map((path) => eventOfPath(`${path}/check-run`))).to.deep.equal([
      "pull_request",
      "workflow_dispatch",
      "push",
      "schedule",
      "default",
      "pull_request",
    ]);
    for (const path of ["/", "/push", "/push/check-run/", "/toString", "constructor", "/__proto__/check-run"])
      expect(eventOfPath(path), path).to.equal(undefined);
  });
});

describe("readCheckRequest()", () => {
  const fault = (body: unknown, event: "pull_request" | "push" = "pull_request") => {
    const read = readCheckRequest(event, typeof body === "string" ? body : JSON.stringify(body));
    return "fault" in read ? read.fault : undefined;
  };

  it("reads a pull request with all its parts", () => {
    expect(readCheckRequest("pull_request", JSON.stringify(PULL_REQUEST))).to.deep.equal({
      event: "pull_request",
      repository: { owner: "octo", name: "hello" },
      pullRequest: {
        source: { owner: "mona", name: "hello" },
        sourceBranch: "feature/ünïcode",
        targetBranch: "main",
        commit: COMMIT,
      },
    });
  });

  it("reads the repository alone for other events", () => {
    expect(readCheckRequest("push", JSON.stringify(PULL_REQUEST))).to.deep.equal({
      event: "push",
      repository: { owner: "octo", name: "hello" },
      pullRequest: undefined,
    });
  });

  for (const body of ["", "{", "[]", "null", '"octo/hello"', "1"]) {
    it(`refuses the body '${body}'`, () => {
      expect(fault(body)).to.equal("the body is not a JSON object");
    });
  }

  for (const name of [
    null,
    7,
    "",
    "octo",
    "octo/",
    "/hello",
    "octo/hello/x",
    "octo/..",
    "octo/.",
    "../hello",
    "o cto/hello",
    "octo/he%2fllo",
    "octo/hello?x",
    `${"o".repeat(40)}/hello`,
  ]) {
    it(`refuses the repository ${JSON.stringify(name)}`, () => {
      expect(fault({ repository_name: name }, "push")).to.match(/^repository_name/);
      expect(fault({ ...PULL_REQUEST, source_repository_name: name })).to.match(/^source_repository_name/);
    });
  }

  for (const branch of [
    null,
    "",
    "..",
    "a/../b",
    ".",
    "a/./b",
    ".hidden",
    "a//b",
    "/a",
    "a/",
    "a b",
    "a\nb",
    "a\u2028::error::b",
    "a~b",
    "a^b",
    "a:b",
    "a?b",
    "a*b",
    "a[b",
    "a\\b",
    "a@{b",
    "a.",
    "x".repeat(256),
  ]) {
    it(`refuses the branch ${JSON.stringify(branch).slice(0, 40)}`, () => {
      expect(fault({ ...PULL_REQUEST, target_branch_name: branch })).to.match(/^target_branch_name/);
      expect(fault({ ...PULL_REQUEST, source_branch_name: branch })).to.match(/^source_branch_name/);
    });
  }

  for (const commit of [
    null,
    "",
    "main",
    COMMIT.slice(1),
    `${COMMIT}0`,
    COMMIT.toUpperCase(),
    `${COMMIT}\n`,
  ]) {
    it(`refuses the commit ${JSON.stringify(commit)}`, () => {
      expect(fault({ ...PULL_REQUEST, commit_sha: commit })).to.match(/^commit_sha/);
    });
  }

  it("returns for any text and any values, and no text with a line of its own", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (body) => {
        readCheckRequest("pull_request", body);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 30 }), (branch) => {
        const read = readCheckRequest(
          "pull_request",
          JSON.stringify({ ...PULL_REQUEST, target_branch_name: branch }),
        );
        if ("fault" in read) return;
        expect(read.pullRequest?.targetBranch).to.not.match(/[\s\p{Cc}]/u);
      }),
    );
  });
});
