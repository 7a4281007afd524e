import { expect } from "chai";
import { startGithubStandIn } from "./github-stand-in.ts";
import type { GithubStandIn } from "./github-stand-in.ts";
import { STANDARD_TOKEN } from "./http/callers.ts";

describe("The GitHub stand-in", () => {
  let standIn: GithubStandIn;

  beforeEach(async () => {
    standIn = await startGithubStandIn();
  });

  afterEach(async () => {
    await standIn.close();
  });

  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${standIn.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${STANDARD_TOKEN}`, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  const register = async (name: string, scope = "repos/octo/hello", labels = ["self-hosted", "linux"]) => {
    const response = await call("POST", `/api/v3/${scope}/actions/runners/generate-jitconfig`, {
      name,
      runner_group_id: 1,
      labels,
    });
    return { status: response.status, body: (await response.json()) as Registered };
  };

  interface Registered {
    readonly runner: { readonly id: number; readonly status: string; readonly os: string };
    readonly encoded_jit_config: string;
    readonly message?: string;
  }

  interface List {
    readonly total_count: number;
    readonly runners: readonly { readonly name: string }[];
  }

  const names = async (response: Response) =>
    ((await response.json()) as List).runners.map(({ name }) => name);

  for (const scope of ["repos/octo/hello", "orgs/octo", "enterprises/octo-inc"]) {
    it(`registers, lists, gets and deletes a runner of ${scope} as GitHub's description says`, async () => {
      const { status, body } = await register("one", scope);
      expect(status).to.equal(201);
      expect(body.runner).to.include({ status: "offline", os: "unknown" });
      const runners = `/api/v3/${scope}/actions/runners`;
      expect(await names(await call("GET", runners))).to.deep.equal(["one"]);
      expect((await call("GET", `${runners}/${body.runner.id}`)).status).to.equal(200);
      expect((await call("DELETE", `${runners}/${body.runner.id}`)).status).to.equal(204);
      expect((await call("DELETE", `${runners}/${body.runner.id}`)).status).to.equal(404);
      expect(standIn.violations).to.deep.equal([]);
    });
  }

  it("refuses a second runner of the same name", async () => {
    await register("one");
    const { status, body } = await register("ONE");
    expect(status).to.equal(409);
    expect(body.message).to.contain("Already exists");
  });
});
