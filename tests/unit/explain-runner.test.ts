import { expect } from "chai";
import { explainRunner, renderTimeline, type LifeEvidence } from "../../src/unit/explain-runner.ts";
import { RunnerUnknownError } from "../../src/unit/collect-logs.ts";
import type { LifeEvent, LifeMoment, Machine } from "../../src/runners/ports.ts";

const START = Date.UTC(2026, 10, 29, 7, 0, 0);
const NOW = START + 600_000;

function life(runner: string, ...events: readonly (readonly [number, LifeEvent])[]): LifeMoment[] {
  return events.map(([seconds, event]) => ({ ...event, runner, at: START + seconds * 1000 }));
}

const MADE: readonly (readonly [number, LifeEvent])[] = [
  [0, { event: "creating" }],
  [0.3, { event: "registered", id: 77 }],
  [0.5, { event: "started" }],
  [2, { event: "online", seconds: 2 }],
];
const JOB = { event: "job", repository: "octo/hello", workflow: "CI", runId: 7 } as const;
const nothing: LifeEvidence = { moments: [], capsules: [], names: [] };
const explain = (evidence: Partial<LifeEvidence>, name = "a") =>
  explainRunner(name, { ...nothing, ...evidence }, NOW);

describe("explainRunner()", () => {
  it("tells a life with a job from its creation to its end, with who says so", () => {
    const moments = [
      ...life("a", ...MADE),
      ...life("b", [1, { event: "creating" }]),
      ...life(
        "a",
        [90, { event: "decided", reason: "instance stopped" }],
        [90, { event: "removing" }],
        [91, { event: "removed" }],
      ),
      ...life("a", [30, JOB], [80, { event: "ended", status: "normal" }]),
    ];
    const told = explain({ moments });
    expect(told.summary).to.equal("a is gone: its job has ended");
    expect(renderTimeline(told.moments).split("\n")).to.deep.equal([
      "2026-11-29 07:00:00 UTC  creation begun",
      "2026-11-29 07:00:00 UTC  registered at GitHub with the number 77",
      "2026-11-29 07:00:00 UTC  its instance runs",
      "2026-11-29 07:00:02 UTC  listens for jobs, 2 s after the creation had begun",
      "2026-11-29 07:00:30 UTC  job of octo/hello, workflow CI, run 7 (the guest says)",
      "2026-11-29 07:01:20 UTC  application ended: normal (the guest says)",
      "2026-11-29 07:01:30 UTC  to be removed: instance stopped",
      "2026-11-29 07:01:30 UTC  no longer registered; its instance is being removed",
      "2026-11-29 07:01:31 UTC  removed",
    ]);
  });

  const endings: readonly (readonly [string, readonly (readonly [number, LifeEvent])[], string])[] = [
    [
      "a runner that vanished",
      [[5, { event: "found", cause: "its instance stopped without a word" }]],
      "its instance stopped without a word",
    ],
    [
      "one that could not be created",
      [[5, { event: "failed", reason: "no answer" }]],
      "it could not be created: no answer",
    ],
    [
      "one that the unit removed",
      [
        [5, { event: "decided", reason: "more runners than wanted" }],
        [5, { event: "removing" }],
      ],
      "the unit removed it: more runners than wanted",
    ],
    [
      "one whose application ended",
      [[5, { event: "ended", status: "abnormal", code: 3 }]],
      "application ended: abnormal (3)",
    ],
    ["one of which nothing more is known", [], "the reason is not known"],
  ];
  for (const [title, events, cause] of endings) {
    it(`sums up ${title}`, () => {
      expect(explain({ moments: life("a", ...MADE, ...events) }).summary).to.equal(`a is gone: ${cause}`);
    });
  }

  it("tells what LXD and GitHub list of a runner that is there", () => {
    const machine = { state: "running", phase: "ready", suspectSince: START } as Machine;
    const registration = { id: 77, name: "a", online: true, busy: true };
    const told = explain({ machine, registration });
    expect(told.summary).to.equal("a is there: its instance is running; GitHub lists it as busy");
    expect(told.moments.map(({ text, source }) => `${source}: ${text}`)).to.deep.equal([
      "GitHub: offline, not listed, or contradicted by its guest since then",
      "LXD: now: its instance is running, ready",
      "GitHub: now: online, busy, number 77",
    ]);
  });

  it("claims no end while LXD and GitHub cannot be read", () => {
    const told = explain({ moments: life("a", ...MADE), blind: "Invalid token" });
    expect(told.summary).to.equal(
      "a cannot be looked up at the moment: the reason is not known (Invalid token)",
    );
  });

  it("tells of a runner that only a capsule remembers", () => {
    const told = explain({ capsules: [{ runner: "a", cause: "it broke", at: START }] });
    expect(told.summary).to.equal("a is gone: it broke");
    expect(told.moments.map(({ text }) => text)).to.deep.equal(["it broke"]);
  });

  it("rejects an unknown name, and lists at most ten that are known, live ones first", () => {
    const moments = Array.from({ length: 50 }, (_, index) =>
      life(`r${index}`, [index, { event: "creating" }]),
    ).flat();
    let thrown: unknown;
    try {
      explain({ moments, names: ["live"] }, "../nobody");
    } catch (error) {
      thrown = error;
    }
    expect(thrown)
      .to.be.instanceOf(RunnerUnknownError)
      .with.property(
        "message",
        'Cannot explain "../nobody": this unit has no such runner; it has live, r49, r48, r47, r46, r45, r44, r43, r42, r41',
      );
  });

  it("shows no control characters of a guest", () => {
    const job = { ...JOB, workflow: "\u001b[31mred\n2026-11-29 07:00:00 UTC  removed\u0007" };
    const text = renderTimeline(explain({ moments: life("a", [0, job]) }).moments);
    // eslint-disable-next-line no-control-regex -- they must not be there
    expect(text).not.to.match(/[\x00-\x1f]/);
  });
});
