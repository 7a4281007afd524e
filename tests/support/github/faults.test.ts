import { expect } from "chai";
import { rejection } from "../rejection.ts";
import { useStandIn } from "./use-stand-in.ts";
import type { FaultKind } from "./http/faults.ts";
import type { RouteName } from "./routes/route.ts";

const RUNNERS = "/orgs/octo/actions/runners";
const scope = "orgs/octo";

describe("Faults of the GitHub stand-in", () => {
  const github = useStandIn();

  afterEach(() => {
    // Faults are GitHub's failures, not deviations from its description.
    expect(github.standIn.violations).to.deep.equal([]);
  });

  const fail = (route: RouteName, fault: FaultKind, page?: number) =>
    github.standIn.control("add-fault", { route, fault, ...(page === undefined ? {} : { page }) });
  const registerMany = async (count: number) => {
    for (let number = 1; number <= count; number += 1) await github.client.register(`r${number}`, { scope });
  };

  it("strike once and are over", async () => {
    await fail("list-runners", { kind: "status", status: 503 });
    expect((await github.client.call("GET", RUNNERS)).status).to.equal(503);
    expect((await github.client.call("GET", RUNNERS)).status).to.equal(200);
  });

  it("strike on one page of a list only, where that is wanted", async () => {
    await fail("list-runners", { kind: "status", status: 409 }, 2);
    expect((await github.client.call("GET", `${RUNNERS}?page=1`)).status).to.equal(200);
    expect((await github.client.call("GET", `${RUNNERS}?page=2`)).status).to.equal(409);
  });

  it("answer as a rate limit does", async () => {
    await fail("list-runners", { kind: "primary-rate-limit", status: 403, resetInMs: 60_000 });
    await fail("list-runners", { kind: "secondary-rate-limit", status: 429, retryAfterSeconds: 7 });
    const primary = await github.client.call("GET", RUNNERS);
    expect([primary.status, primary.headers.get("x-ratelimit-remaining")]).to.deep.equal([403, "0"]);
    const secondary = await github.client.call("GET", RUNNERS);
    expect([secondary.status, secondary.headers.get("retry-after")]).to.deep.equal([429, "7"]);
    expect(await secondary.text()).to.match(/\bsecondary rate\b/i);
  });

  it("answer with a page of HTML", async () => {
    await fail("list-runners", { kind: "html", status: 502 });
    const response = await github.client.call("GET", RUNNERS);
    expect(response.status).to.equal(502);
    expect(await response.text()).to.contain("<html>");
  });

  it("cut an answer in the middle", async () => {
    await fail("list-runners", { kind: "truncated" });
    const response = await github.client.call("GET", RUNNERS);
    expect(await rejection(response.json())).to.be.instanceOf(Error);
  });

  it("reset the connection before anything is done", async () => {
    await fail("generate-jitconfig", { kind: "reset-before" });
    expect(await rejection(github.client.register("one", { scope }))).to.be.instanceOf(Error);
    expect(await github.client.names("", scope)).to.deep.equal([]);
  });

  it("reset the connection after a runner was registered", async () => {
    await fail("generate-jitconfig", { kind: "reset-after" });
    expect(await rejection(github.client.register("one", { scope }))).to.be.instanceOf(Error);
    expect(await github.client.names("", scope)).to.deep.equal(["one"]);
  });

  it("answer with an error after a runner was registered", async () => {
    await fail("generate-jitconfig", { kind: "status", status: 502, afterEffect: true });
    expect((await github.client.register("one", { scope })).code).to.equal(502);
    expect((await github.client.register("one", { scope })).code).to.equal(409);
  });

  it("let a list drift between two pages", async () => {
    await registerMany(4);
    await fail("list-runners", { kind: "page-drift" }, 2);
    const pages = [
      await github.client.names("?per_page=2&page=1", scope),
      await github.client.names("?per_page=2&page=2", scope),
    ];
    expect(pages).to.deep.equal([["r1", "r2"], ["r4"]]);
  });

  it("show a list of some time ago, or a runner twice", async () => {
    await registerMany(1);
    await fail("list-runners", { kind: "stale-list" });
    await registerMany(2);
    expect(await github.client.names("", scope)).to.deep.equal(["r1"]);
    await fail("list-runners", { kind: "duplicates" });
    expect(await github.client.names("", scope)).to.deep.equal(["r1", "r1", "r2"]);
  });
});
