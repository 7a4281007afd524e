import { expect } from "chai";
import { useStandIn } from "./use-stand-in.ts";

const SHA = "a".repeat(40);
const REPOSITORY = "/repos/octo/hello";

describe("The GitHub stand-in, asked for the settings of a repository", function () {
  // Compiles GitHub's largest schemas.
  this.timeout(120_000);
  const github = useStandIn();
  const get = async (path: string) => {
    const answer = await github.client.call("GET", `${REPOSITORY}${path}`);
    return {
      status: answer.status,
      body: (await answer.json()) as Record<string, unknown>[] & Record<string, unknown>,
    };
  };

  it("answers each request as GitHub's description says", async () => {
    const settings = {
      branches: {
        main: { approvals: 2, bypass: { users: ["mona"], teams: ["admins"], apps: ["bot"] } },
        "release/1": null,
      },
      rulesets: [
        { id: 7, name: "strict", branch: "release/1", approvals: 1, bypass: ["Team", "OrganizationAdmin"] },
        { id: 8, name: "keep", branch: "release/1" },
      ],
      collaborators: [
        { login: "mona", role: "admin" as const },
        { login: "hubot", role: "triage" as const, isOutside: true },
        { login: "reader", role: "read" as const, isOutside: true },
      ],
      pullRequests: [
        {
          number: 3,
          author: "hubot",
          source: "hubot/hello",
          sourceBranch: "mend",
          targetBranch: "main",
          commit: SHA,
          comments: [{ by: "mona", text: "fine" }],
          reviews: [{ by: "mona", state: "APPROVED", commit: SHA }],
        },
      ],
    };
    await github.standIn.control("set-repository", { repository: "Octo/Hello", settings });
    expect((await get("/branches/main")).body).to.include({ name: "main", protected: true });
    expect((await get("/branches/release%2F1")).body).to.include({ protected: true });
    expect((await get("/branches/nowhere")).status).to.equal(404);
    expect((await get("/branches/main/protection")).body).to.have.nested.property(
      "required_pull_request_reviews.bypass_pull_request_allowances.users[0].login",
      "mona",
    );
    expect((await get("/branches/release%2F1/protection")).status).to.equal(404);
    expect((await get("/rules/branches/release%2F1")).body.map(({ type }) => type)).to.deep.equal([
      "pull_request",
      "deletion",
    ]);
    expect((await get("/rulesets/7?includes_parents=true")).body["bypass_actors"]).to.have.length(2);
    expect((await get("/rulesets/8")).body).to.not.have.property("bypass_actors");
    const outside = await get("/collaborators?affiliation=outside&permission=triage");
    expect(outside.body.map(({ login }) => login)).to.deep.equal(["hubot"]);
    expect((await get("/collaborators/hubot/permission")).body).to.include({ permission: "read" });
    expect((await get("/collaborators/nobody/permission")).body).to.include({ permission: "none" });
    expect((await get("/pulls?state=open&head=hubot:mend&base=main")).body).to.have.length(1);
    expect((await get("/pulls?head=hubot:other")).body).to.have.length(0);
    expect((await get("/pulls/3/reviews")).body[0]).to.include({ state: "APPROVED", commit_id: SHA });
    expect((await get("/issues/3/comments")).body[0]).to.have.property("body", "fine");
    expect(github.standIn.violations).to.deep.equal([]);
  });
});
