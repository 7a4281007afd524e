import { expect } from "chai";
import { refusal } from "./refusal.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { startGithubStandIn, type GithubStandIn } from "../../../tests/support/github/github-stand-in.ts";
import { STANDARD_TOKEN } from "../../../tests/support/github/http/callers.ts";
import type { JobView } from "../../../tests/support/github/state/job-record.ts";
import { ScaleSetAnswerError, ScaleSetClient, type MessageSession } from "../src/index.ts";
import { soon } from "../../../tests/support/patience.ts";

const LABELS = ["linux", "x64"];
const MINUTE_MS = 60_000;

describe("MessageSession", function () {
  this.timeout(60_000);
  let standIn: GithubStandIn;
  let client: ScaleSetClient;
  let scaleSetId: number;
  const signal = soon;
  const paths = () => standIn.requests.map(({ method, path }) => `${method} ${path.replace(/\?.*/, "")}`);

  beforeEach(async () => {
    standIn = await startGithubStandIn({ protocol: { pollMs: 100 } });
    client = clientOf(standIn);
    scaleSetId = (
      await client.createScaleSet({ name: "builders", runnerGroupId: 1, labels: LABELS }, signal())
    ).id;
  });
  afterEach(async () => {
    await client.close();
    await standIn.close();
  });

  const open = () => client.openSession(scaleSetId, "tests", signal());
  const queue = (count = 1): Promise<JobView[]> =>
    Promise.all(
      Array.from({ length: count }, () =>
        standIn.control("queue-job", { repository: "octo/hello", labels: ["linux"] }, signal()),
      ),
    );
  const poll = (session: MessageSession, lastMessageId?: number, capacity = 100) =>
    session.poll({ lastMessageId, capacity }, signal());

  it("tells of a job and of the demand; none comes without one", async () => {
    const session = await open();
    expect(session.statistics).to.include({ totalAssignedJobs: 0 });
    expect(await poll(session)).to.equal(undefined);
    const [job] = await queue();
    const message = await poll(session);
    expect(message?.jobs.map(({ type }) => type)).to.deep.equal(["JobAssigned"]);
    expect(message?.jobs[0]).to.include({
      runnerRequestId: job?.id,
      ownerName: "octo",
      repositoryName: "hello",
    });
    expect(session.statistics).to.include({ totalAssignedJobs: 1 });
  });

  it("is assigned no more jobs than its capacity", async () => {
    const session = await open();
    await queue(5);
    const message = await poll(session, undefined, 2);
    expect(message?.statistics?.totalAssignedJobs).to.equal(2);
  });

  it("gets a message again until it is acknowledged, also in the next session", async () => {
    const session = await open();
    await queue();
    const first = await poll(session);
    expect((await poll(session))?.id).to.equal(first?.id);
    await session.close(signal());
    const next = await open();
    expect((await poll(next))?.id).to.equal(first?.id);
    await next.acknowledge(first?.id ?? 0, signal());
    expect(await poll(next)).to.equal(undefined);
    // One that GitHub no longer has.
    await next.acknowledge(first?.id ?? 0, signal());
  });

  it("gets at most 50 messages at a time; the statistics count all jobs", async () => {
    const session = await open();
    await poll(session);
    await queue(60);
    const sizes = [];
    for (let last = 0; ;) {
      const message = await poll(session, last);
      if (!message) break;
      expect(message.statistics?.totalAssignedJobs).to.equal(60);
      sizes.push(message.jobs.length);
      last = message.id;
    }
    // The first poll may be answered before all jobs are queued.
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.equal(60);
    expect(Math.max(...sizes)).to.equal(50);
  });

  it("learns the demand from the next message when one is lost", async () => {
    const session = await open();
    await standIn.control("add-message-faults", ["lost"]);
    await queue(2);
    expect(await poll(session)).to.equal(undefined);
    await queue();
    expect((await poll(session))?.statistics?.totalAssignedJobs).to.equal(3);
  });

  it("shows by their numbers which messages are repeated or come in the wrong order", async () => {
    const session = await open();
    await poll(session);
    await standIn.control("add-message-faults", ["reordered"]);
    await queue(60);
    const later = await poll(session);
    const earlier = await poll(session);
    expect(earlier?.id).to.be.below(later?.id ?? 0);
    await session.acknowledge(later?.id ?? 0, signal());
    await session.acknowledge(earlier?.id ?? 0, signal());
    await standIn.control("add-message-faults", ["repeated"]);
    expect((await poll(session, later?.id))?.id).to.equal(earlier?.id);
  });

  it("gets its token anew before it ends", async () => {
    const session = await open();
    standIn.service.clock.advance(58 * MINUTE_MS);
    expect(await poll(session)).to.equal(undefined);
    expect(paths().filter((path) => path.startsWith("PATCH"))).to.have.lengthOf(0);
    standIn.service.clock.advance(1.5 * MINUTE_MS);
    expect(await poll(session)).to.equal(undefined);
    expect(paths().filter((path) => path.startsWith("PATCH"))).to.have.lengthOf(1);
    expect(standIn.requests.filter(({ status }) => status === 401)).to.deep.equal([]);
  });

  it("polls on when its token ends in the middle of a poll", async () => {
    const session = await open();
    await standIn.control("add-message-faults", ["token-expires"]);
    await queue();
    expect((await poll(session))?.jobs).to.have.lengthOf(1);
    expect(standIn.requests.filter(({ status }) => status === 401)).to.have.lengthOf(1);
  });

  it("has no message in an answer without a body", async () => {
    const session = await open();
    await standIn.control("add-message-faults", ["empty-body"]);
    expect(await poll(session)).to.equal(undefined);
  });

  it("is refused without a queue, and beside a session that lives until GitHub ends it", async () => {
    await standIn.control("add-message-faults", ["no-queue"]);
    expect(await rejection(open())).to.be.instanceOf(ScaleSetAnswerError);
    // The one that is of no use is not in the way.
    await open();
    const conflict = await refusal(open());
    expect(conflict.is("RunnerScaleSetSessionConflictException")).to.equal(true);
    standIn.service.clock.advance(5 * MINUTE_MS);
    await open();
  });

  it("is not found when GitHub has forgotten it, and can be opened again", async () => {
    const session = await open();
    await standIn.control("add-message-faults", ["session-lost"]);
    expect(await rejection(poll(session))).to.include({ status: 404 });
    expect(await session.close(signal())).to.equal("absent");
    await open();
  });

  it("acquires offered jobs once", async () => {
    await standIn.control("set-scale-sets", { offersJobs: true });
    const session = await open();
    const [job] = await queue();
    const message = await poll(session);
    expect(message?.jobs.map(({ type }) => type)).to.deep.equal(["JobAvailable"]);
    expect(message?.statistics).to.include({ totalAvailableJobs: 1, totalAssignedJobs: 0 });
    expect(await session.acquireJobs([job?.id ?? 0, 5], signal())).to.deep.equal([job?.id]);
    expect(await session.acquireJobs([job?.id ?? 0], signal())).to.deep.equal([]);
    expect((await poll(session, message?.id))?.statistics).to.include({ totalAssignedJobs: 1 });
  });

  it("tells of a job that no runner takes: three times again, then it has failed", async () => {
    const session = await open();
    const [job] = await queue();
    await poll(session);
    const { runner } = await client.createRunner(scaleSetId, { name: "builder-0" }, signal());
    const record = standIn.service.runners.get(runner.id);
    if (!record) throw new Error("The runner is not registered.");
    standIn.service.connect(record, { version: "2.337.0", os: "linux" });
    for (let times = 0; times < 4; times += 1) {
      expect(record.jobId).to.equal(job?.id);
      standIn.service.touch(record);
      standIn.service.clock.advance(MINUTE_MS);
      standIn.service.touch(record);
    }
    const types: string[] = [];
    for (let last = 0; ;) {
      const message = await poll(session, last);
      if (!message) break;
      types.push(...message.jobs.map(({ type }) => type));
      last = message.id;
    }
    expect(types).to.deep.equal(["JobAssigned", "JobAssigned", "JobAssigned", "JobAssigned", "JobCompleted"]);
    expect(session.statistics).to.include({ totalAssignedJobs: 0 });
  });

  it("reads all bodies behind a byte order mark", async () => {
    await standIn.control("set-scale-sets", { byteOrderMark: true });
    const session = await open();
    await queue();
    expect((await poll(session))?.statistics?.totalAssignedJobs).to.equal(1);
    const conflict = await refusal(open());
    expect(conflict.is("RunnerScaleSetSessionConflictException")).to.equal(true);
  });
});

describe("ScaleSetClient's connection", () => {
  let standIn: GithubStandIn;
  let client: ScaleSetClient;
  const signal = soon;
  const connections = () => standIn.requests.filter(({ route }) => route === "runner-registration").length;

  beforeEach(async () => {
    standIn = await startGithubStandIn();
    client = clientOf(standIn);
  });
  afterEach(async () => {
    await client.close();
    await standIn.close();
  });

  it("is opened once for all calls, and again before its token ends", async () => {
    await Promise.all(["a", "b", "c"].map((name) => client.findRunner(name, signal())));
    expect(connections()).to.equal(1);
    standIn.service.clock.advance(59.5 * MINUTE_MS);
    await client.findRunner("a", signal());
    expect(connections()).to.equal(2);
    expect(standIn.requests.filter(({ status }) => status === 401)).to.deep.equal([]);
  });

  it("is opened again when GitHub no longer takes its token", async () => {
    await client.findRunner("a", signal());
    await standIn.control("revoke-admin-tokens", null);
    await client.findRunner("a", signal());
    expect(connections()).to.equal(2);
  });

  it("is opened again with another token when GitHub no longer takes the one that it was opened with", async () => {
    const refused: string[] = [];
    await standIn.control("add-token", { token: "ghs_first" });
    const renewing = new ScaleSetClient({
      url: `${standIn.url}/octo`,
      token: () => Promise.resolve("ghs_first"),
      renewToken: (token) => {
        refused.push(token);
        return Promise.resolve(STANDARD_TOKEN);
      },
    });
    await renewing.findRunner("a", signal());
    await standIn.control("revoke-token", { token: "ghs_first" });
    await standIn.control("revoke-admin-tokens", null);
    await renewing.findRunner("a", signal());
    expect(refused).to.deep.equal(["ghs_first"]);
    await renewing.close();
  });

  it("tells of each token that GitHub gives, and of its end", async () => {
    const told = new Map<string, number | undefined>();
    const onToken = (token: string, expiresAt: number | undefined) => told.set(token, expiresAt);
    const telling = new ScaleSetClient({
      url: `${standIn.url}/octo`,
      token: () => Promise.resolve(STANDARD_TOKEN),
      onToken,
    });
    const wanted = { name: "told", runnerGroupId: 1, labels: LABELS };
    const { id } = await telling.createScaleSet(wanted, signal());
    const session = await telling.openSession(id, "tests", signal());
    expect(told.size, "of the registration, the service and the session").to.equal(3);
    await session.refresh(signal());
    expect(told.size).to.equal(4);
    for (const expiresAt of told.values()) expect(expiresAt).to.be.greaterThan(Date.now());
    expect([...told.keys()]).to.not.include(STANDARD_TOKEN);
    await session.close(signal());
    await telling.close();
  });

  it("is refused when GitHub takes none of the tokens", async () => {
    const tokens: string[] = [];
    const hopeless = new ScaleSetClient({
      url: `${standIn.url}/octo`,
      token: () => Promise.resolve("ghs_none"),
      renewToken: (token) => Promise.resolve(tokens[tokens.push(token) - 1] ?? ""),
    });
    const thrown = await rejection(hopeless.findRunner("a", signal()));
    expect(thrown).to.include({ status: 401, action: "get a registration token" });
    expect(tokens).to.deep.equal(["ghs_none"]);
    await hopeless.close();
  });

  it("is opened for the other calls when the one that began it is aborted", async () => {
    const aborted = new AbortController();
    const first = rejection(client.findRunner("a", aborted.signal));
    const second = client.findRunner("b", signal());
    aborted.abort(new Error("enough"));
    expect(await first).to.have.property("message", "enough");
    expect(await second).to.equal(undefined);
    expect(connections()).to.equal(1);
  });

  it("waits for a registration token that is not known everywhere yet", async () => {
    await standIn.control("add-fault", {
      route: "runner-registration",
      times: 2,
      fault: { kind: "status", status: 403 },
    });
    expect(await client.findRunner("a", signal())).to.equal(undefined);
  });

  it("tells what a token lacks", async () => {
    await standIn.control("add-token", { token: "ghp_weak", scopes: ["repo"] });
    const weak = new ScaleSetClient({ url: `${standIn.url}/octo`, token: () => Promise.resolve("ghp_weak") });
    const thrown = await rejection(weak.findRunner("a", signal()));
    expect(thrown).to.include({
      status: 403,
      action: "get a registration token",
      detail: "Must have admin rights.",
    });
    await weak.close();
  });

  it("keeps a runner with a job", async () => {
    const { id } = await client.createScaleSet({ name: "builders", runnerGroupId: 1 }, signal());
    await client.openSession(id, "tests", signal());
    const { runner, encodedJitConfig } = await client.createRunner(id, { name: "builder-0" }, signal());
    expect(Object.keys(JSON.parse(Buffer.from(encodedJitConfig, "base64").toString()) as object)).to.contain(
      ".runner",
    );
    expect(await client.findRunner("builder-0", signal())).to.deep.equal({ ...runner, scaleSetId: id });
    const again = await refusal(client.createRunner(id, { name: "builder-0" }, signal()));
    expect(again.is("AgentExistsException")).to.equal(true);
    const record = standIn.service.runners.get(runner.id);
    if (!record) throw new Error("The runner is not registered.");
    record.busy = true;
    const kept = await refusal(client.deleteRunner(runner.id, signal()));
    expect(kept.is("JobStillRunningException")).to.equal(true);
    record.busy = false;
    expect(await client.deleteRunner(runner.id, signal())).to.equal("deleted");
    expect(await client.deleteRunner(runner.id, signal())).to.equal("absent");
    expect(await client.getRunner(runner.id, signal())).to.equal(undefined);
    expect(await client.deleteScaleSet(id, signal())).to.equal("deleted");
    expect(await client.deleteScaleSet(id, signal())).to.equal("absent");
    expect(await client.getScaleSet(id, signal())).to.equal(undefined);
  });

  it("finds runner groups and scale sets by their names, in any case of letters", async () => {
    expect(await client.findRunnerGroup("default", signal())).to.deep.equal({
      id: 1,
      name: "Default",
      isDefault: true,
    });
    expect(await client.findRunnerGroup("nobody", signal())).to.equal(undefined);
    const { id } = await client.createScaleSet({ name: "builders", runnerGroupId: 2 }, signal());
    expect((await client.findScaleSet(2, "Builders", signal()))?.id).to.equal(id);
    expect(await client.findScaleSet(1, "builders", signal())).to.equal(undefined);
    const taken = await refusal(client.createScaleSet({ name: "builders", runnerGroupId: 2 }, signal()));
    expect(taken.is("RunnerScaleSetExistsException")).to.equal(true);
    expect((await client.updateScaleSet(id, { name: "others" }, signal())).name).to.equal("others");
  });
});

/** A client on the clock of the stand-in, so that skipped time passes for it too. */
function clientOf(standIn: GithubStandIn): ScaleSetClient {
  const { clock } = standIn.service;
  return new ScaleSetClient({
    url: `${standIn.url}/octo`,
    token: () => Promise.resolve(STANDARD_TOKEN),
    clock: {
      now: () => clock.now(),
      wait: (delayMs) => new Promise((resolve) => setTimeout(resolve, Math.min(delayMs, 5))),
    },
    limits: { pauseMs: 1 },
  });
}
