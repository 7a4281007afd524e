import { expect } from "chai";
import { RunnerGroupError } from "../../src/github/errors.ts";
import { Secret } from "charm-kit";
import { rejection } from "../support/rejection.ts";
import {
  clientOf,
  empty,
  json,
  never,
  page,
  registered,
  runner,
  useStubGithub,
  justInTime,
} from "./support.ts";

const group = (id: number, name: string) => ({ id, name, visibility: "all", default: id === 1 });
const groups = (names: readonly string[], headers: Record<string, string> = {}) =>
  json(
    200,
    { total_count: names.length, runner_groups: names.map((name, index) => group(index + 1, name)) },
    headers,
  );

describe("paths on GitHub", () => {
  const github = useStubGithub();

  for (const [at, prefix] of [
    ["octo/hello", "/repos/octo/hello"],
    ["octo", "/orgs/octo"],
    ["enterprises/big", "/enterprises/big"],
  ] as const) {
    it(`serve the runners of ${at} below ${prefix} of a GitHub Enterprise Server`, async () => {
      github
        .on(`GET ${prefix}/actions/runners`, page([runner(7)]))
        .on(`POST ${prefix}/actions/runners/generate-jitconfig`, registered(7))
        .on(`DELETE ${prefix}/actions/runners/7`, empty(204));
      const forge = clientOf(github, { at });
      expect(await forge.list(never)).to.have.length(1);
      expect((await justInTime(forge.register("app-0-7", ["x"], never))).id).to.equal(7);
      expect(await forge.deregister(7, never)).to.equal("gone");
    });
  }

  it("take a new token for each request where tokens expire", async () => {
    github.on("GET /orgs/octo/actions/runners", page([]));
    let count = 0;
    const credentials = { token: () => Promise.resolve(new Secret(`ghs_${++count}`)) };
    const forge = clientOf(github, { at: "octo", credentials });
    await forge.list(never);
    await forge.list(never);
    expect(github.requests.map(({ headers }) => headers.authorization)).to.deep.equal([
      "Bearer ghs_1",
      "Bearer ghs_2",
    ]);
  });

  describe("and runner groups", () => {
    const registeredIn = async (at: string, name: string) => {
      const forge = clientOf(github, { at, group: name });
      await forge.register("app-0-7", ["x"], never);
      return (github.requests.at(-1)?.body as { runner_group_id: number }).runner_group_id;
    };

    beforeEach(() => {
      github
        .on("POST /repos/octo/hello/actions/runners/generate-jitconfig", registered(7))
        .on("POST /orgs/octo/actions/runners/generate-jitconfig", registered(7))
        .on("POST /enterprises/big/actions/runners/generate-jitconfig", registered(7));
    });

    it("are ignored by a repository, which has the default group only", async () => {
      expect(await registeredIn("octo/hello", "fast")).to.equal(1);
      expect(github.requests).to.have.length(1);
    });

    it("are not asked for the default group", async () => {
      expect(await registeredIn("octo", "default")).to.equal(1);
      expect(github.requests).to.have.length(1);
    });

    for (const [at, prefix] of [
      ["octo", "/orgs/octo"],
      ["enterprises/big", "/enterprises/big"],
    ] as const) {
      it(`are found by name for ${at}`, async () => {
        github.on(`GET ${prefix}/actions/runner-groups`, groups(["Default", "slow", "Fast"]));
        expect(await registeredIn(at, "fast")).to.equal(3);
      });
    }

    it("are looked for on all pages, once for many registrations", async () => {
      const route = "GET /orgs/octo/actions/runner-groups";
      const link = '<https://x.invalid/?page=2>; rel="next"';
      github.on(
        route,
        groups(["Default", "slow"], { link }),
        json(200, { total_count: 3, runner_groups: [group(9, "fast")] }),
      );
      const forge = clientOf(github, { at: "octo", group: "fast" });
      await Promise.all(["a", "b", "c"].map((name) => forge.register(name, ["x"], never)));
      expect(github.seen(route)).to.have.length(2);
      const bodies = github.requests.filter(({ method }) => method === "POST").map(({ body }) => body);
      expect(bodies.map((body) => (body as { runner_group_id: number }).runner_group_id)).to.deep.equal([
        9, 9, 9,
      ]);
    });

    it("that are not there are told together with those that are, and looked for again", async () => {
      const route = "GET /orgs/octo/actions/runner-groups";
      github.on(route, groups(["Default", "slow"]), groups(["Default", "slow", "fast"]));
      const forge = clientOf(github, { at: "octo", group: "fast" });
      const error = await rejection(forge.register("a", ["x"], never));
      expect(error).to.be.instanceOf(RunnerGroupError).with.property("code", "github-runner-group");
      expect(error.message).to.equal(
        "Cannot use runner group 'fast': 'octo' has no such group; set group to one that the token has access to: 'Default', 'slow'",
      );
      expect((await justInTime(forge.register("b", ["x"], never))).id).to.equal(7);
    });

    it("are looked for by checkRegistration(), which registers nothing", async () => {
      github.on("GET /orgs/octo/actions/runner-groups", groups(["Default", "fast"]));
      await clientOf(github, { at: "octo", group: "fast" }).checkRegistration(never);
      const error = await rejection(clientOf(github, { at: "octo", group: "fsat" }).checkRegistration(never));
      expect(error).to.be.instanceOf(RunnerGroupError);
      expect(github.requests.filter(({ method }) => method !== "GET")).to.deep.equal([]);
    });

    it("are looked for again after GitHub refused one that was found", async () => {
      const route = "GET /orgs/octo/actions/runner-groups";
      github
        .on(route, groups(["Default", "fast"]))
        .on(
          "POST /orgs/octo/actions/runners/generate-jitconfig",
          json(404, { message: "Not Found" }),
          registered(7),
        );
      const forge = clientOf(github, { at: "octo", group: "fast" });
      await rejection(forge.register("a", ["x"], never));
      await forge.register("b", ["x"], never);
      expect(github.seen(route)).to.have.length(2);
    });
  });
});
