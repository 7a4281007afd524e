import { expect } from "chai";
import { observedTransport, type GithubAnswered } from "../../src/github/observed-transport.ts";
import type { TransportRequest } from "../../src/github/transport.ts";
import { clientOf, json, never, useStubGithub } from "./support.ts";

const REQUEST: TransportRequest = { route: "GET /", parameters: {}, headers: {}, isRepeatable: true };

/** Octokit's error for an answer. */
const errorOf = (status: number, headers: Readonly<Record<string, string>> = {}, message = "no") =>
  Object.assign(new Error(message), { status, response: { headers, data: { message } } });

describe("observedTransport()", () => {
  const tell = async (outcome: Error | Readonly<Record<string, unknown>>, signal = never) => {
    const told: GithubAnswered[] = [];
    let now = 1_790_000_000_000;
    const clock = { now: () => (now += 250), wait: () => Promise.resolve() };
    const transport = observedTransport(
      () =>
        outcome instanceof Error
          ? Promise.reject(outcome)
          : Promise.resolve({ status: 200, headers: outcome, data: "data" }),
      clock,
      (answered) => told.push(answered),
    );
    const result = await transport(REQUEST, signal).catch((thrown: unknown) => thrown);
    return { told, result };
  };
  const limits = (resource?: string) => ({
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": "4999",
    "x-ratelimit-reset": "1790000100",
    ...(resource !== undefined && { "x-ratelimit-resource": resource }),
  });
  const left = { limit: 5000, remaining: 4999, resetAt: 1_790_000_100 };

  const rows: readonly (readonly [
    string,
    Error | Readonly<Record<string, unknown>>,
    GithubAnswered["outcome"],
  ])[] = [
    ["an answer", {}, "ok"],
    ["an unchanged list", errorOf(304), "not_modified"],
    ["a refusal", errorOf(404), "refused"],
    ["a missing permission", errorOf(403, {}, "Resource not accessible by integration"), "refused"],
    ["a rate limit", errorOf(429, { "retry-after": "60" }), "rate_limited"],
    ["an error of the server", errorOf(502), "server_error"],
    ["no answer", new Error("ECONNRESET"), "no_answer"],
  ];
  for (const [title, outcome, name] of rows)
    it(`tells of ${title}, and lets it through`, async () => {
      const { told, result } = await tell(outcome);
      expect(told.map((each) => each.outcome)).to.deep.equal([name]);
      expect(told[0]?.seconds).to.be.within(0.25, 0.5);
      if (outcome instanceof Error) expect(result).to.equal(outcome);
      else expect(result).to.include({ data: "data" });
    });

  it("tells nothing of a request that was aborted: it says nothing of GitHub", async () => {
    const { told } = await tell(new Error("aborted"), AbortSignal.abort());
    expect(told).to.deep.equal([]);
  });

  it("reads the rate limit of most requests, and none that is damaged or another one", async () => {
    for (const headers of [limits(), limits("core")])
      expect((await tell(headers)).told[0]?.rateLimit).to.deep.equal(left);
    expect((await tell(errorOf(404, limits()))).told[0]?.rateLimit).to.deep.equal(left);
    for (const headers of [
      {},
      limits("search"),
      { ...limits(), "x-ratelimit-limit": "many" },
      { ...limits(), "x-ratelimit-reset": "-1" },
      { ...limits(), "x-ratelimit-remaining": "9".repeat(40) },
      { ...limits(), "x-ratelimit-remaining": ["1", "2"] },
    ])
      expect((await tell(headers)).told[0]?.rateLimit, JSON.stringify(headers)).to.equal(undefined);
  });

  describe("in a client", () => {
    const github = useStubGithub();

    it("hears of each request, its repetitions too", async () => {
      const told: GithubAnswered[] = [];
      const client = clientOf(github, { onAnswer: (answered) => told.push(answered) });
      const page = json(200, { total_count: 0, runners: [] }, limits("core"));
      github.on("GET /repos/octo/hello/actions/runners", json(500, {}), page);
      expect(await client.list(never)).to.deep.equal([]);
      expect(told.map(({ outcome }) => outcome)).to.deep.equal(["server_error", "ok"]);
      expect(told[1]?.rateLimit).to.deep.equal(left);
    });
  });
});
