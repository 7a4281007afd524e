import { expect } from "chai";
import { MockAgent } from "undici";
import { createLogger, Redactor, systemClock, type Clock } from "charm-kit";
import { rejection } from "../support/rejection.ts";
import { MissingPermissionError, NotFoundError, RunnerGroupError } from "../../src/github/errors.ts";
import {
  clientOf,
  json,
  justInTime,
  never,
  page,
  registered,
  useStubGithub,
  type Answer,
} from "./support.ts";

const RUNNERS = "/orgs/octo/actions/runners";
const REGISTER = `POST ${RUNNERS}/generate-jitconfig`;
const TOKEN = `POST ${RUNNERS}/registration-token`;
const LIST = `GET ${RUNNERS}`;
const GROUPS = "GET /orgs/octo/actions/runner-groups";
const NOW = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;

const token = (text: string, minutes = 60, from = NOW): Answer =>
  json(201, { token: text, expires_at: new Date(from + minutes * MINUTE_MS).toISOString() });
const groups = (...names: readonly string[]): Answer =>
  json(200, { total_count: names.length, runner_groups: names.map((name, id) => ({ id: id + 1, name })) });

describe("registration on a server without just-in-time configuration", () => {
  const github = useStubGithub();
  let now = NOW;
  const clock: Clock = { ...systemClock, now: () => now };
  const client = (change: Parameters<typeof clientOf>[1] = {}) =>
    clientOf(github, { at: "octo", clock, ...change });

  beforeEach(() => {
    now = NOW;
    github.on(LIST, page([])).on(TOKEN, token("AREGISTER"));
  });

  it("is by a token that the redactor knows, and says which servers do better", async () => {
    const lines: string[] = [];
    const redactor = new Redactor();
    const log = createLogger((level, line) => lines.push(`${level} ${line}`), String);
    const registration = await client({ log, redactor }).register("app-0-1", ["x"], never);
    expect(registration).to.include({ by: "token", group: undefined });
    expect(registration.by === "token" && registration.token.reveal()).to.equal("AREGISTER");
    expect(redactor.scrub("AREGISTER")).to.equal("[redacted]");
    expect(lines.filter((line) => line.startsWith("WARNING"))).to.have.length(1);
    expect(lines.join("\n"))
      .to.include("GitHub Enterprise Server 3.10 and later have it")
      .and.not.include("AREGISTER");
  });

  it("is found out once for many runners, of which one may give up", async () => {
    const forge = client();
    const caller = new AbortController();
    const lost = rejection(forge.register("app-0-0", ["x"], caller.signal));
    const names = Array.from({ length: 8 }, (_, index) => `app-0-${index + 1}`);
    const made = Promise.all(names.map((name) => forge.register(name, ["x"], never)));
    caller.abort(new Error("its instance did not start"));
    expect((await made).map(({ by }) => by)).to.deep.equal(names.map(() => "token"));
    expect(await lost).to.have.property("message", "its instance did not start");
    await forge.register("app-0-9", ["x"], never);
    expect(github.seen(TOKEN)).to.have.length(1);
    expect(github.seen(LIST)).to.have.length(1);
  });

  it("tries just-in-time configuration again when the token is about to expire", async () => {
    const forge = client();
    await forge.register("app-0-1", ["x"], never);
    now += 44 * MINUTE_MS;
    await forge.register("app-0-2", ["x"], never);
    expect(github.seen(REGISTER)).to.have.length(1);
    now += 2 * MINUTE_MS;
    github.on(REGISTER, registered(7));
    expect(await justInTime(forge.register("app-0-3", ["x"], never))).to.have.property("id", 7);
  });

  it("names the runner group", async () => {
    github.on(GROUPS, groups("Default", "fast"));
    const registration = await client({ group: "fast" }).register("app-0-1", ["x"], never);
    expect(registration).to.include({ by: "token", group: "fast" });
  });

  for (const [title, later, error] of [
    ["is gone", groups("Default"), RunnerGroupError],
    ["has got another ID", groups("Default", "slow", "fast"), NotFoundError],
  ] as const) {
    it(`is not what a 404 means when the runner group ${title}`, async () => {
      github.on(GROUPS, groups("Default", "fast"), later);
      const forge = client({ group: "fast" });
      expect(await rejection(forge.register("app-0-1", ["x"], never))).to.be.instanceOf(error);
      expect(github.seen(TOKEN)).to.have.length(0);
    });
  }

  it("is not what a 404 means where the list of runners answers 404, too", async () => {
    github.on(LIST, json(404, { message: "Not Found" }));
    const error = await rejection(client().register("app-0-1", ["x"], never));
    expect(error).to.be.instanceOf(NotFoundError);
    expect(error.message).to.match(/^Cannot register runner 'app-0-1': 'octo' does not exist/);
    expect(github.seen(TOKEN)).to.have.length(0);
  });

  it("needs the permission to register: a 404 to both ways is a lack of it", async () => {
    github.on(TOKEN, json(404, { message: "Not Found" }));
    const error = await rejection(client().register("app-0-1", ["x"], never));
    expect(error).to.be.instanceOf(MissingPermissionError);
    expect(error.message).to.equal(
      "Cannot register runner 'app-0-1': GitHub lists the runners of 'octo' and answers 404 to a registration; the " +
        "token needs the scope 'admin:org', or the permission 'organization_self_hosted_runners: write'",
    );
  });

  it("does not exist on github.com, where a 404 stays one", async () => {
    const dispatcher = new MockAgent();
    dispatcher.disableNetConnect();
    dispatcher
      .get("https://api.github.com")
      .intercept({ method: "POST", path: `${RUNNERS}/generate-jitconfig` })
      .reply(404, { message: "Not Found" }, { headers: { "content-type": "application/json" } });
    const forge = client({ githubUrl: "https://github.com", dispatcher });
    // Any other request would fail otherwise.
    expect(await rejection(forge.register("app-0-1", ["x"], never))).to.be.instanceOf(NotFoundError);
  });
});
