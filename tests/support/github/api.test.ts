import { generateKeyPairSync, sign } from "node:crypto";
import { expect } from "chai";
import { APIClient } from "./api-client.ts";
import { STANDARD_TOKEN } from "./http/callers.ts";
import { useStandIn } from "./use-stand-in.ts";

const RUNNERS = "/repos/octo/hello/actions/runners";

describe("The API of the GitHub stand-in", () => {
  const github = useStandIn();

  for (const scope of ["repos/octo/hello", "orgs/octo", "enterprises/octo-inc"]) {
    it(`registers, lists, gets and deletes a runner of ${scope} as GitHub's description says`, async () => {
      const { code, runner } = await github.client.register("one", { scope });
      expect(code).to.equal(201);
      expect(runner).to.include({ status: "offline", os: "unknown" });
      const path = `/${scope}/actions/runners`;
      expect(await github.client.names("", scope)).to.deep.equal(["one"]);
      expect((await github.client.call("GET", `${path}/${runner.id}`)).status).to.equal(200);
      expect((await github.client.call("DELETE", `${path}/${runner.id}`)).status).to.equal(204);
      expect((await github.client.call("DELETE", `${path}/${runner.id}`)).status).to.equal(404);
      expect(github.standIn.violations).to.deep.equal([]);
    });

    it(`answers everything else that a charm asks of ${scope} as GitHub's description says`, async () => {
      const path = `/${scope}/actions`;
      for (const token of ["registration-token", "remove-token"]) {
        expect((await github.client.call("POST", `${path}/runners/${token}`)).status).to.equal(201);
      }
      expect((await github.client.call("GET", `${path}/runners/downloads`)).status).to.equal(200);
      expect((await github.client.call("GET", `${path}/runners/deprecations/2.337.0`)).status).to.equal(200);
      expect((await github.client.call("GET", "/rate_limit")).status).to.equal(200);
      if (!scope.startsWith("repos/")) {
        expect((await github.client.call("GET", `${path}/runner-groups`)).status).to.equal(200);
      }
      expect(github.standIn.violations).to.deep.equal([]);
    });
  }

  it("redirects requests for the old name of a repository, and names the new one", async () => {
    await github.client.register("one");
    await github.standIn.control("rename-repository", { from: "octo/hello", to: "octo/world" });
    const unfollowed = (method: string) =>
      fetch(`${github.standIn.url}${RUNNERS}`, {
        method,
        redirect: "manual",
        headers: { authorization: `Bearer ${STANDARD_TOKEN}`, "user-agent": "tests" },
      });
    expect((await unfollowed("GET")).status).to.equal(301);
    expect(await github.client.names()).to.deep.equal(["one"]);
    expect(await github.client.names("", "repos/octo/world")).to.deep.equal(["one"]);
    expect((await github.client.register("two")).code).to.equal(201);
    for (const name of ["octo/hello", "octo/world"]) {
      const answer = await github.client.call("GET", `/repos/${name}`);
      expect(await answer.json()).to.include({ name: "world", full_name: "octo/world" });
    }
    expect(github.standIn.violations).to.deep.equal([]);
  });

  it("serves the same with and without the prefix of GitHub Enterprise", async () => {
    const { headers, status } = await fetch(`${github.standIn.url}/rate_limit`, {
      headers: { authorization: "token nobody" },
    });
    expect(status).to.equal(401);
    expect(headers.has("x-github-enterprise-version")).to.be.false;
    const enterprise = await github.client.call("GET", "/rate_limit");
    expect(enterprise.headers.has("x-github-enterprise-version")).to.be.true;
  });

  it("refuses a second runner of the same name, whatever its case", async () => {
    await github.client.register("one");
    const { code, message } = await github.client.register("ONE");
    expect(code).to.equal(409);
    expect(message).to.contain("Already exists");
  });

  it("leads through the pages of a list by links, 30 to a page", async () => {
    for (let number = 1; number <= 31; number += 1) await github.client.register(`runner-${number}`);
    const first = await github.client.call("GET", RUNNERS);
    const { total_count: total, runners } = (await first.json()) as {
      total_count: number;
      runners: unknown[];
    };
    expect([total, runners.length]).to.deep.equal([31, 30]);
    const link = first.headers.get("link") ?? "";
    expect(link).to.contain('rel="next"').and.contain('rel="last"').and.not.contain('rel="prev"');
    const [, next = ""] = /<([^>]+)>; rel="next"/.exec(link) ?? [];
    expect(await github.client.names(new URL(next).search)).to.deep.equal(["runner-31"]);
    expect(await github.client.names("?name=runner-7")).to.deep.equal(["runner-7"]);
    const narrow = await github.client.call("GET", `${RUNNERS}?per_page=16`);
    expect(narrow.headers.get("link")).to.match(/per_page=16&page=2>; rel="next"/);
    const whole = await github.client.call("GET", `${RUNNERS}?per_page=100`);
    expect(whole.headers.has("link")).to.be.false;
  });

  it("answers 304 to who has the list already, for nothing", async () => {
    await github.client.register("one");
    const first = await github.client.call("GET", RUNNERS);
    const etag = first.headers.get("etag") ?? "";
    const again = await github.client.call("GET", RUNNERS, undefined, { "if-none-match": etag });
    expect(again.status).to.equal(304);
    expect(await again.text()).to.equal("");
    expect(again.headers.get("x-ratelimit-remaining")).to.equal(first.headers.get("x-ratelimit-remaining"));
    await github.client.register("two");
    expect((await github.client.call("GET", RUNNERS, undefined, { "if-none-match": etag })).status).to.equal(
      200,
    );
    expect(github.standIn.violations).to.deep.equal([]);
  });

  it("tells apart who is unknown, who may not and what is hidden", async () => {
    await github.standIn.control("add-token", { token: "ghp_weak", scopes: ["read:org"] });
    await github.standIn.control("hide-scope", { scope: "orgs/secret" });
    const status = async (token: string, path: string) =>
      (await new APIClient(github.standIn, token).call("GET", path)).status;
    expect(await status("nobody", RUNNERS)).to.equal(401);
    expect(await status("ghp_weak", RUNNERS)).to.equal(403);
    expect((await github.client.call("GET", "/orgs/secret/actions/runners")).status).to.equal(404);
    const response = await github.client.call("GET", RUNNERS);
    expect(response.headers.get("x-oauth-scopes")).to.contain("admin:org");
    expect(github.standIn.violations).to.deep.equal([]);
  });

  it("ends a caller's hour when its requests are used up", async () => {
    await github.standIn.control("set-rate-limit", { limit: 1 });
    await github.client.call("GET", RUNNERS);
    const refused = await github.client.call("GET", RUNNERS);
    expect(refused.status).to.equal(403);
    expect(refused.headers.get("x-ratelimit-remaining")).to.equal("0");
    await github.standIn.control("advance-clock", { byMs: 3_600_001 });
    expect((await github.client.call("GET", RUNNERS)).status).to.equal(200);
  });

  it("gives an installation of an app a token for an hour", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const app = {
      clientId: "Iv1.standin",
      installationId: 7,
      publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
      permissions: { administration: "write" },
    };
    await github.standIn.control("add-app", app);
    const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");
    const seconds = Math.floor(Date.now() / 1000);
    const claims = { iss: app.clientId, iat: seconds - 30, exp: seconds + 600 };
    const unsigned = `${encode({ alg: "RS256", typ: "JWT" })}.${encode(claims)}`;
    const jwt = `${unsigned}.${sign("RSA-SHA256", Buffer.from(unsigned), privateKey).toString("base64url")}`;
    const minted = await new APIClient(github.standIn, jwt).call(
      "POST",
      "/app/installations/7/access_tokens",
    );
    expect(minted.status).to.equal(201);
    const installation = new APIClient(github.standIn, ((await minted.json()) as { token: string }).token);
    expect((await installation.call("GET", RUNNERS)).status).to.equal(200);
    expect((await installation.call("GET", "/orgs/octo/actions/runners")).status).to.equal(403);
    await github.standIn.control("advance-clock", { byMs: 3_600_001 });
    expect((await installation.call("GET", RUNNERS)).status).to.equal(401);
    expect(github.standIn.violations).to.deep.equal([]);
  });

  it("describes jobs of a run as GitHub's description says", async () => {
    const job = await github.standIn.control("queue-job", { repository: "octo/hello", labels: ["linux"] });
    expect((await github.client.call("GET", `/repos/octo/hello/actions/jobs/${job.id}`)).status).to.equal(
      200,
    );
    const listed = await github.client.call("GET", `/repos/octo/hello/actions/runs/${job.runId}/jobs`);
    expect(await listed.json()).to.have.property("total_count", 1);
    expect(github.standIn.violations).to.deep.equal([]);
  });
});
