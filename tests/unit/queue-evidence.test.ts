import { expect } from "chai";
import { BadCredentialsError, RateLimitError } from "../../src/github/errors.ts";
import { explainQueue } from "../../src/unit/explain-queue.ts";
import type { HeardDemand } from "../../src/unit/demand.ts";
import type { ServiceStatus } from "../../src/unit/service-status.ts";
import { obstacleOf } from "../../src/unit/queue-evidence.ts";
import { sampleStatus } from "../service/sample-status.ts";
import { FakeUnit } from "./fake-unit.ts";

const signal = new AbortController().signal;
const NAMED = {
  name: "runners-0",
  ensure: () => Promise.resolve(1),
  formerFigures: () => Promise.resolve({ assigned: 0, running: 0, missing: 0 }),
  formerNotices: [],
};

describe("Workload.queueEvidence()", () => {
  let unit: FakeUnit;
  const explain = async (service?: ServiceStatus) => {
    const evidence = await unit.open().workload.queueEvidence(service, signal);
    return explainQueue(evidence, unit.site.now);
  };
  const waits = () => {
    unit.jobs = [
      {
        id: 1,
        repository: "octo/hello",
        name: "build",
        labels: ["self-hosted"],
        queuedAt: unit.site.now - 30_000,
      },
    ];
  };
  const heard = (change: Partial<HeardDemand> = {}): HeardDemand => ({
    ...{ key: "key", lastMessageId: 1, assigned: 1, running: 0, waitingSince: unit.site.now - 40_000 },
    heardAt: unit.site.now,
    ...change,
  });

  beforeEach(() => {
    unit = new FakeUnit();
  });

  it("changes nothing, and tells of a missing image before of anything that follows from it", async () => {
    waits();
    expect(await explain()).to.include({ queued: 1, oldestSeconds: 30, reason: "image" });
    expect(unit.builds).to.equal(0);
    expect(unit.site.machines.size).to.equal(0);
  });

  it("tells of a fixed number of runners without a runner service", async () => {
    waits();
    await unit.open().workload.reconcile(signal);
    expect(await explain()).to.include({ queued: 1, reason: "not-taken" });
    unit.jobs = [];
    expect(await explain()).to.include({ queued: 0, oldestSeconds: 0, reason: "nothing-waits" });
  });

  it("tells of credentials and rate limits instead of a queue that GitHub does not show", async () => {
    await unit.open().workload.reconcile(signal);
    unit.queueFault = new BadCredentialsError("read", { status: 401 });
    expect(await explain()).to.include({ queued: undefined, reason: "credentials" });
    unit.queueFault = new RateLimitError(
      "read",
      { limit: "primary", resetAt: unit.site.now },
      { status: 403 },
    );
    expect(await explain()).to.include({ reason: "rate-limit" });
  });

  it("knows of assigned jobs from GitHub's figures, and from what was heard where GitHub does not answer", async () => {
    await unit.open().workload.reconcile(signal);
    unit.scaling = { idle: 0, scaleSetName: "" };
    unit.demand.value = heard();
    let figures = () => Promise.resolve({ assigned: 7, running: 0, idle: 0 });
    unit.scaleSet = { ...NAMED, glance: () => figures() };
    expect(await explain(sampleStatus())).to.include({ queued: 7, oldestSeconds: 40 });
    figures = () => Promise.reject(new BadCredentialsError("read", { status: 401 }));
    expect(await explain(sampleStatus())).to.include({ queued: 1, reason: "credentials" });
  });

  it("tells why the runner service hears nothing, or that none works", async () => {
    await unit.open().workload.reconcile(signal);
    await unit.open().workload.flush("force", signal);
    unit.scaling = { idle: 0, scaleSetName: "" };
    waits();
    unit.scaleSet = { ...NAMED, glance: () => Promise.resolve(undefined) };
    unit.demand.value = heard({ assigned: 0, fault: "another session is alive" });
    expect((await explain(sampleStatus())).details[0]).to.equal("another session is alive");
    expect((await explain()).details[0]).to.match(/the runner service, which hears of jobs, does not run/);
    unit.demand.value = heard({ assigned: 0, heardAt: unit.site.now - 400_000 });
    expect((await explain(sampleStatus())).details[0]).to.match(
      /has not heard of GitHub's jobs for 5 minutes/,
    );
  });

  it("takes a paused service, and what its rounds fail with, for the reason", async () => {
    waits();
    const paused = { ...sampleStatus(), activity: { state: "paused", reason: "group is wrong" } } as const;
    expect(await explain(paused)).to.include({ reason: "configuration" });
    const fault = { message: "Cannot list: LXD does not answer", code: "lxd-unreachable" };
    expect(await explain({ ...sampleStatus(), fault })).to.include({ reason: "lxd" });
  });

  it("expects a start to take as long as the last ones", async () => {
    waits();
    await unit.open().workload.reconcile(signal);
    await unit.open().workload.flush("force", signal);
    unit.moments = [90, 4, 5].map((seconds) => ({ event: "online", seconds, runner: "a", at: 0 }));
    expect((await explain()).details[0]).to.match(/; the last ones took 5 s$/);
  });
});

describe("obstacleOf()", () => {
  it("names the innermost reason that it knows, and a wrong configuration otherwise", () => {
    const cause = new BadCredentialsError("read", { status: 401 });
    expect(obstacleOf(new Error("Cannot go on", { cause }))).to.deep.equal({
      reason: "credentials",
      text: cause.message,
    });
    expect(obstacleOf(new Error("path: is wrong"))).to.deep.equal({
      reason: "configuration",
      text: "path: is wrong",
    });
  });
});
