import { expect } from "chai";
import { RateLimitError } from "../../src/github/errors.ts";
import type { RateLimitStore, StoredRateLimit } from "../../src/github/rate-gate.ts";
import { systemClock } from "charm-kit";
import { rejection } from "../support/rejection.ts";
import { clientOf, json, never, page, registered, runner, useStubGithub } from "./support.ts";

const LIST = "GET /repos/octo/hello/actions/runners";
const REGISTER = "POST /repos/octo/hello/actions/runners/generate-jitconfig";
const MINUTE_MS = 60_000;
const NOW = Date.UTC(2026, 0, 1);
const refused = json(403, { message: "You have exceeded a secondary rate limit." }, { "retry-after": "600" });

class MemoryStore implements RateLimitStore {
  limit: StoredRateLimit | undefined;

  get(): Promise<StoredRateLimit | undefined> {
    return Promise.resolve(this.limit);
  }

  put(limit: StoredRateLimit): Promise<void> {
    this.limit = limit;
    return Promise.resolve();
  }
}

describe("a rate limit of GitHub", () => {
  const github = useStubGithub();
  let now: number;
  const clock = { ...systemClock, now: () => now };
  let rateLimitStore: MemoryStore;
  const client = () => clientOf(github, { clock, rateLimitStore });
  const registerAll = (forge: ReturnType<typeof client>, count: number) =>
    Promise.allSettled(
      Array.from({ length: count }, (_, index) => forge.register(`app-0-${index}`, ["x"], never)),
    );

  beforeEach(() => {
    now = NOW;
    rateLimitStore = new MemoryStore();
    github.on(REGISTER, refused).on(LIST, page([runner(1)]));
  });

  it("that one of several registrations meets keeps the others from being sent", async () => {
    const outcomes = await registerAll(client(), 8);
    expect(github.seen(REGISTER)).to.have.length(1);
    for (const outcome of outcomes) {
      expect(outcome).to.have.property("reason").that.is.instanceOf(RateLimitError);
      expect(outcome).to.have.nested.property("reason.resetAt", NOW + 10 * MINUTE_MS);
    }
  });

  it("that a later registration meets keeps those from being sent that are not under way", async () => {
    const met = 3;
    const accepted = Array.from({ length: met - 1 }, (_, index) => registered(index + 1));
    github.on(REGISTER, ...accepted, refused);
    const outcomes = await registerAll(client(), 16);
    // As many as were accepted may be under way.
    expect(github.seen(REGISTER).length).to.be.within(met, 2 * met - 1);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).to.have.length(met - 1);
    await registerAll(client(), 16);
    expect(github.seen(REGISTER).length).to.be.at.most(2 * met - 1);
  });

  it("keeps other requests of the process from being sent", async () => {
    const forge = client();
    await registerAll(forge, 1);
    expect(await rejection(forge.list(never))).to.include({ code: "github-rate-limit" });
    expect(github.seen(LIST)).to.have.length(0);
  });

  it("keeps requests of the next process from being sent until it ends", async () => {
    await registerAll(client(), 1);
    now += 9 * MINUTE_MS;
    expect((await rejection(client().list(never))).message).to.contain("until 2026-01-01T00:10:00.000Z");
    now += MINUTE_MS;
    expect(await client().list(never)).to.have.length(1);
  });

  it("that another process meets keeps a process that stays from sending requests a few seconds later", async () => {
    const stays = client();
    expect(await stays.list(never)).to.have.length(1);
    await registerAll(client(), 1);
    now += 6000;
    expect(await rejection(stays.list(never))).to.include({ code: "github-rate-limit" });
    now += 10 * MINUTE_MS;
    expect(await stays.list(never)).to.have.length(1);
  });

  it("lets a process that stays begin with one registration again, as does a pause of a minute", async () => {
    const stays = client();
    github.on(REGISTER, ...Array.from({ length: 16 }, (_, index) => registered(index + 1)), refused);
    await registerAll(stays, 16);
    expect(github.seen(REGISTER)).to.have.length(16);
    now += 2 * MINUTE_MS;
    await registerAll(stays, 16);
    expect(github.seen(REGISTER)).to.have.length(17);
    now += 11 * MINUTE_MS;
    await registerAll(stays, 16);
    expect(github.seen(REGISTER)).to.have.length(18);
  });

  it("that was learned before the clock was set back is ignored", async () => {
    await registerAll(client(), 1);
    now -= 2 * MINUTE_MS;
    expect(await client().list(never)).to.have.length(1);
  });

  it("that would last for years is tried again after a day", async () => {
    github.on(REGISTER, json(429, { message: "slow down" }, { "retry-after": "99999999999" }));
    await registerAll(client(), 1);
    now += 24 * 60 * MINUTE_MS;
    expect(await client().list(never)).to.have.length(1);
  });

  it("is not waited for when the first registration is slow, or its caller gives up", async () => {
    let first = true;
    github.on(REGISTER, (response, request) => {
      if (!first) registered(2)(response, request);
      first = false;
    });
    const impatient = { ...clock, wait: () => Promise.resolve() };
    const forge = clientOf(github, { clock: impatient, rateLimitStore, deadlineMs: 1000 });
    const [slow, other] = await registerAll(forge, 2);
    expect(slow).to.have.property("status", "rejected");
    expect(other).to.have.property("status", "fulfilled");
  });

  it("does not serialise registrations that GitHub accepts", async () => {
    // GitHub answers once as many are under way as it has accepted before.
    const open: (() => void)[] = [];
    let [accepted, most] = [0, 0];
    github.on(REGISTER, (response, request) => {
      open.push(() => {
        registered((accepted += 1))(response, request);
      });
      most = Math.max(most, open.length);
      if (open.length < Math.min(accepted, 16 - accepted)) return;
      for (const answer of open.splice(0)) answer();
    });
    await registerAll(client(), 16);
    expect(github.seen(REGISTER)).to.have.length(16);
    expect(most).to.be.greaterThan(4);
  });
});
