import { expect } from "chai";
import { useStandIn } from "./use-stand-in.ts";
import { ExchangeValidator } from "./validation/exchange-validator.ts";

const LIST = {
  description: "api.github.com",
  method: "GET",
  template: "/orgs/{org}/actions/runners",
} as const;
const RUNNER = { id: 1, name: "one", os: "linux", status: "online", busy: false, labels: [], version: null };

describe("ExchangeValidator", () => {
  const validator = new ExchangeValidator();
  const request = (query: string) =>
    validator.request(LIST, {
      parameters: { org: "octo" },
      query: new URLSearchParams(query),
      body: undefined,
    });

  it("accepts what GitHub's description allows", () => {
    expect(request("per_page=100&page=2")).to.deep.equal([]);
    expect(validator.response(LIST, 200, { total_count: 1, runners: [RUNNER] })).to.deep.equal([]);
  });

  it("finds parameters that are of another type or unknown", () => {
    expect(request("per_page=many")).to.match(/per_page: must be integer/);
    expect(request("per-page=100")).to.match(/must NOT have additional properties/);
  });

  it("finds what is wrong deep in a response", () => {
    const runners = [{ ...RUNNER, busy: "no" }];
    expect(validator.response(LIST, 200, { total_count: 1, runners })).to.match(
      /runners\/0\/busy: must be boolean/,
    );
    expect(validator.response(LIST, 200, { runners: [] })).to.match(/total_count/);
  });

  it("lets errors that any operation may answer pass, if they look like GitHub's", () => {
    expect(validator.response(LIST, 503, { message: "No server is available" })).to.deep.equal([]);
    expect(validator.response(LIST, 401, { message: 5 })).to.match(/message: must be string/);
    expect(validator.response(LIST, 418, { message: "teapot" })).to.match(/418 is not described/);
  });
});

describe("The GitHub stand-in's validation", () => {
  const github = useStandIn();

  it("answers a wrong request with its violation and remembers it", async () => {
    const path = "/orgs/octo/actions/runners/generate-jitconfig";
    const response = await github.client.call("POST", path, {
      name: "one",
      runner_group_id: "1",
      labels: ["a"],
    });
    expect(response.status).to.equal(500);
    expect(await response.json()).to.have.nested.property("violation.direction", "request");
    expect(github.standIn.violations).to.have.lengthOf(1);
    expect(github.standIn.violations[0]?.errors).to.match(/runner_group_id: must be integer/);
    expect(github.standIn.service.runners.size).to.equal(0);
  });

  it("replaces a wrong response by its violation", async () => {
    await github.standIn.control("add-fault", {
      route: "list-runners",
      fault: { kind: "status", status: 418 },
    });
    const response = await github.client.call("GET", "/orgs/octo/actions/runners");
    expect(response.status).to.equal(500);
    expect(github.standIn.violations).to.deep.equal([
      {
        direction: "response",
        method: "GET",
        path: "/orgs/octo/actions/runners",
        status: 418,
        errors: ["status: 418 is not described"],
      },
    ]);
  });

  it("takes a path that is none of GitHub's for a violation", async () => {
    expect((await github.client.call("GET", "/orgs/octo/runners")).status).to.equal(500);
    expect(github.standIn.violations).to.have.lengthOf(1);
  });
});
