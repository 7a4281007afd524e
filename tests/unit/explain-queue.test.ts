import { expect } from "chai";
import * as fc from "fast-check";
import { explainQueue } from "../../src/unit/explain-queue.ts";
import type { QueueEvidence } from "../../src/unit/queue-evidence.ts";
import type { QueuedJob } from "../../src/unit/ports.ts";
import type { FailureStatus } from "../../src/unit/service-status.ts";

const NOW = 1_000_000_000;
const LABELS = ["self-hosted", "linux", "x64", "runners"];
const COUNTS = {
  online: 0,
  busy: 2,
  offline: 0,
  unknown: 0,
  names: ["a", "b"],
  busyNames: ["a", "b"],
  standby: 0,
};
const NO_RUNNER = { ...COUNTS, busy: 0, names: [], busyNames: [] };
const FAILURE: FailureStatus = {
  cause: "image-build",
  concern: "creation",
  count: 1,
  reason: "Cannot clone",
  error: { message: "Cannot clone" },
  nextAt: Date.UTC(2026, 10, 25, 10, 4),
};

const job = (change: Partial<QueuedJob> = {}): QueuedJob => ({
  id: 1,
  repository: "octo/hello",
  name: "build",
  labels: ["linux", "runners"],
  queuedAt: NOW - 95_000,
  ...change,
});

const evidence = (change: Partial<QueueEvidence> = {}): QueueEvidence => ({
  reading: { jobs: [job()], repositories: ["octo/hello"], gaps: [] },
  scaleSet: undefined,
  labels: LABELS,
  rules: undefined,
  publicRepositories: new Set(),
  configured: 2,
  room: 2,
  counts: COUNTS,
  hasImage: true,
  imageFailure: undefined,
  failures: [],
  obstacles: [],
  notices: [],
  creationSeconds: undefined,
  ...change,
});
const scaleSet = (assigned: number, running: number, silence?: string) => ({
  name: "runners-0",
  figures: { assigned, running },
  waitingSince: NOW - 8000,
  silence,
});
const jobs = (...all: readonly QueuedJob[]) => ({ reading: { jobs: all, repositories: [], gaps: [] } });
const told = (change: Partial<QueueEvidence>) => {
  const { reason, details } = explainQueue(evidence(change), NOW);
  return `${reason}: ${details[0] ?? ""}`;
};

describe("explainQueue()", () => {
  it("tells number, age and reason of the jobs that wait, with facts and each job", () => {
    expect(explainQueue(evidence(), NOW)).to.deep.equal({
      queued: 1,
      oldestSeconds: 95,
      reason: "at-maximum",
      details: [
        "all 2 runners are busy, and virtual-machines is 2; set a larger number or add units",
        "runners: 2 of 2, 2 busy, 0 idle, 0 on standby",
        "labels: self-hosted, linux, x64, runners",
        "job 'build' of octo/hello [linux, runners], 95 s",
      ],
    });
  });

  it("is about jobs of this unit alone, and tells those that nearly are", () => {
    expect(told(jobs(job({ labels: ["ubuntu-latest"] })))).to.equal(
      "nothing-waits: no job waits for this unit",
    );
    expect(told(jobs(job({ labels: [] })))).to.match(/^nothing-waits/);
    const near = explainQueue(evidence(jobs(job({ labels: ["Self-Hosted", "GPU"] }))), NOW);
    expect(near).to.include({ queued: 1, reason: "labels" });
    expect(near.details[0]).to.equal(
      "no runner of this unit has 'GPU'; it offers self-hosted, linux, x64, runners",
    );
    // A job that can run counts for more.
    expect(told(jobs(job({ labels: ["linux", "gpu"] }), job({ id: 2 })))).to.match(/^at-maximum/);
  });

  it("takes the name of the scale set for a label", () => {
    const own = { ...jobs(job({ labels: ["runners-0"] })), scaleSet: scaleSet(3, 2) };
    expect(told(own)).to.match(/^at-maximum/);
    expect(told({ ...own, scaleSet: undefined })).to.match(/^nothing-waits/);
  });

  it("names the runner group that does not serve a repository", () => {
    const group = { name: "builders", allowsPublic: false, members: ["octo/other"] };
    expect(told({ rules: group })).to.equal(
      "group: the runner group 'builders' does not serve octo/hello; add it to the group, or set another group",
    );
    for (const members of [["octo/hello"], ["octo"], undefined])
      expect(told({ rules: { ...group, members } })).to.match(/^at-maximum/);
    const open = { ...group, members: undefined };
    const isPublic = { publicRepositories: new Set(["octo/hello"]) };
    expect(told({ rules: open, ...isPublic })).to.match(
      /^group: the runner group 'builders' serves no public/,
    );
    expect(told({ rules: { ...open, allowsPublic: true }, ...isPublic })).to.match(/^at-maximum/);
  });

  it("tells what keeps the unit from creating runners", () => {
    const none = { counts: NO_RUNNER };
    expect(told({ ...none, configured: 0 })).to.match(/^at-maximum: virtual-machines is 0/);
    expect(told({ ...none, hasImage: false, imageFailure: "no disk" })).to.equal(
      "image: the runner image is not built yet; the last build failed: no disk",
    );
    expect(told({ ...none, failures: [FAILURE] })).to.equal(
      "creation-failed: Cannot clone; the next attempt is at 2026-11-25 10:04 UTC",
    );
    expect(told({ ...none, failures: [{ ...FAILURE, cause: "github-rate-limit" }] })).to.match(/^rate-limit/);
    // What fails at removals keeps no job waiting.
    expect(told({ ...none, failures: [{ ...FAILURE, concern: "removal" }] })).to.match(/^starting/);
  });

  it("counts runners in place of lost ones to those that the unit may have", () => {
    const missing = { replacing: 1, room: 3 };
    expect(told(missing)).to.match(/^starting/);
    const three = { ...COUNTS, busy: 3, names: ["a", "b", "c"], busyNames: ["a", "b", "c"] };
    expect(told({ ...missing, counts: three })).to.match(
      /^at-maximum: all 3 runners are busy, and virtual-machines is 2;/,
    );
  });

  it("tells whether the machine or the option limits the number of runners", () => {
    const one = { ...COUNTS, busy: 1, names: ["a"], busyNames: ["a"] };
    expect(told({ counts: one, room: 1, notices: ["the disk has room for 1 runner"] })).to.equal(
      "machine-full: the only runner is busy, and the machine holds no more than 1 of 2: the disk has room for 1 runner",
    );
    // Where nobody has looked, the option alone counts.
    expect(told({ room: undefined })).to.match(/^at-maximum/);
  });

  it("tells how long a start takes, as far as it is known", () => {
    expect(
      told({ counts: { ...NO_RUNNER, standby: 1 }, creationSeconds: 1.4, scaleSet: scaleSet(1, 0) }),
    ).to.equal("starting: a standby instance becomes a runner; the last ones took 1 s");
    expect(told({ counts: NO_RUNNER, scaleSet: scaleSet(1, 0) })).to.equal("starting: a runner is created");
    const offline = { ...COUNTS, busy: 1, offline: 1 };
    expect(told({ counts: offline })).to.equal("starting: 1 runner starts");
    expect(told({ counts: NO_RUNNER })).to.match(/next round of the runner service, or the next reconcile/);
  });

  it("tells what GitHub has not done, or has not told", () => {
    const none = { counts: NO_RUNNER };
    expect(told({ ...none, scaleSet: scaleSet(0, 0) })).to.match(/^not-assigned: .*has room for them/);
    expect(told({ ...none, scaleSet: scaleSet(0, 0, "another session is alive") })).to.equal(
      "not-heard: another session is alive",
    );
    const idle = { counts: { ...NO_RUNNER, online: 1, names: ["a"] } };
    expect(told({ ...idle, scaleSet: scaleSet(1, 0) })).to.match(/^not-taken: 1 runner is idle/);
    expect(told(idle)).to.match(/^not-taken/);
    // A further job needs a further runner.
    expect(told({ ...idle, scaleSet: scaleSet(2, 0) })).to.match(/^starting/);
  });

  it("counts jobs that GitHub has assigned and the REST API does not show", () => {
    const hidden = explainQueue(evidence({ ...jobs(), scaleSet: scaleSet(5, 2) }), NOW);
    expect(hidden).to.include({ queued: 3, oldestSeconds: 8, reason: "at-maximum" });
    expect(hidden.details).to.include("scale set runners-0: 5 jobs assigned, 2 of them run");
  });

  it("says that nothing is known where GitHub tells nothing, and why", () => {
    const obstacles = [
      { reason: "credentials" as const, text: "GitHub refuses the token" },
      { reason: "lxd" as const, text: "LXD does not answer" },
    ];
    const { queued, reason, details } = explainQueue(evidence({ reading: undefined, obstacles }), NOW);
    expect({ queued, reason }).to.deep.equal({ queued: undefined, reason: "credentials" });
    expect(details[0]).to.equal("GitHub refuses the token");
    expect(details).to.include("LXD does not answer");
  });

  it("tells 20 jobs at most, and what was not read", () => {
    const many = Array.from({ length: 25 }, (_, id) => job({ id }));
    const { details, queued } = explainQueue(
      evidence({ reading: { jobs: many, repositories: [], gaps: ["only the last 20 runs were read"] } }),
      NOW,
    );
    expect(queued).to.equal(25);
    expect(details.filter((line) => line.startsWith("job "))).to.have.lengthOf(20);
    expect(details.slice(-2)).to.deep.equal(["and 5 others", "only the last 20 runs were read"]);
  });

  it("never says that nothing waits while a job of the unit waits, and has a reason for whatever happens", () => {
    const anyCounts = fc
      .record({
        online: fc.nat(3),
        busy: fc.nat(3),
        offline: fc.nat(3),
        unknown: fc.nat(3),
        standby: fc.nat(3),
      })
      .map((counts) => ({
        ...counts,
        names: Array.from({ length: counts.online + counts.busy + counts.offline + counts.unknown }, String),
        busyNames: [],
      }));
    fc.assert(
      fc.property(
        fc.record({
          counts: fc.option(anyCounts, { nil: undefined }),
          configured: fc.nat(5),
          room: fc.option(fc.nat(5), { nil: undefined }),
          hasImage: fc.option(fc.boolean(), { nil: undefined }),
          failures: fc.constantFrom([], [FAILURE]),
          scaleSet: fc.option(
            fc.tuple(fc.nat(9), fc.nat(9)).map(([one, two]) => scaleSet(one + two, two)),
            { nil: undefined },
          ),
        }),
        (change) => {
          const { reason, details, queued } = explainQueue(evidence(change), NOW);
          expect(reason).to.not.equal("nothing-waits");
          expect(queued).to.be.at.least(1);
          expect(details[0]).to.match(/\w/);
        },
      ),
    );
  });
});
