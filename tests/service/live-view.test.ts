import { expect } from "chai";
import { liveView, type LiveView, type Section } from "../../src/service/live-view.ts";
import { RecentWaits } from "../../src/service/recent-waits.ts";
import type { ServiceStatus } from "../../src/unit/service-status.ts";
import { busyUnit } from "./live-site.ts";
import { sampleStatus } from "./sample-status.ts";

const NOW = 1_790_000_000_000;
const view = (
  change: Partial<ServiceStatus> = {},
  capsules: Parameters<typeof liveView>[0]["capsules"] = [],
) => liveView({ status: sampleStatus(change), waits: new RecentWaits(), capsules, now: NOW });
const section = <Kind extends Section["kind"]>({ sections }: LiveView, kind: Kind, title: string) =>
  sections.find(
    (each): each is Extract<Section, { kind: Kind }> => each.kind === kind && each.title.startsWith(title),
  )!;
const counts = {
  online: 1,
  busy: 1,
  offline: 0,
  unknown: 0,
  names: ["a", "b"],
  busyNames: ["b"],
  standby: 0,
};

describe("liveView()", () => {
  it("counts runners in words, without those that there are none of", () => {
    expect(view({ counts }).summary).to.equal("2 of 2 runners: 1 busy, 1 idle");
    const { status } = busyUnit(NOW);
    expect(view(status).summary).to.equal("8 of 10 runners: 4 busy, 2 idle, 1 offline, 1 not at GitHub");
    expect(view({ counts: { ...counts, online: 0, busy: 0, names: [] } }).summary).to.equal("0 of 2 runners");
    expect(view().summary).to.contain("not counted");
  });

  for (const [tone, change] of [
    ["good", { counts: { ...counts, online: 2, busy: 0 } }],
    ["busy", { counts }],
    ["attention", { counts: { ...counts, online: 0 } }],
    ["attention", { activity: { state: "paused", reason: "token is empty" } }],
    ["problem", { counts, settingsFault: "damaged" }],
    ["problem", { counts, fault: { message: "LXD is gone" } }],
    ["problem", busyUnit(NOW).status],
  ] as const)
    it(`is ${tone} for ${JSON.stringify(change).slice(0, 60)}`, () => {
      expect(view(change).tone).to.equal(tone);
    });

  it("shows each runner with its state and since when", () => {
    const { status } = busyUnit(NOW);
    const { cells } = section(view(status), "grid", "Runners");
    expect(cells).to.have.lengthOf(8);
    expect(cells[0]).to.include({ state: "busy", tone: "busy", since: NOW - 754_000 });
    expect(cells[3]).to.include({ state: "idle", tone: "good" });
    expect(cells[7]).to.include({ state: "not at GitHub", tone: "attention" });
  });

  it("shows GitHub's queue, and says where it is not known", () => {
    const { status } = busyUnit(NOW);
    expect(section(view(status), "facts", "Queue").facts).to.deep.equal([
      { name: "Jobs that wait", value: "3" },
      { name: "Longest wait", value: "since", at: NOW - 48_000 },
      { name: "Jobs that run", value: "4" },
    ]);
    const [fact] = section(view(), "facts", "Queue").facts;
    expect(fact?.value).to.contain("scaling=demand");
  });

  it("shows the standing of the month, of none before the first check, and of no month that is over", () => {
    const { status } = busyUnit(NOW);
    expect(section(view(status), "facts", "Objective").facts).to.deep.equal([
      { name: "Month", value: "2026-09 (UTC)" },
      { name: "Replacements within 10 s", value: "99.7 % of 415; 75 % of the error budget is left" },
      { name: "Waits of jobs within 10 s", value: "99.2 % of 398; 24 % of the error budget is left" },
      { name: "Jobs ended by the unit", value: "0 of 398" },
    ]);
    expect(section(view(), "facts", "Objective").facts).to.have.lengthOf(1);
    const later = liveView({
      status: sampleStatus(status),
      waits: new RecentWaits(),
      capsules: [],
      now: Date.parse("2026-10-02T00:00:00Z"),
    });
    expect(section(later, "facts", "Objective").facts.map(({ value }) => value)).to.deep.equal([
      "2026-10 (UTC)",
      "none yet",
      "none yet",
      "0 of 0",
    ]);
  });

  it("shows failures with the next attempt, notices, and ends of runners", () => {
    const { status, capsules } = busyUnit(NOW);
    const { notes } = section(
      view({ ...status, fault: { message: "LXD is gone" } }, capsules),
      "notes",
      "Last",
    );
    expect(notes.map(({ tone }) => tone)).to.deep.equal(["problem", "problem", "attention", "attention"]);
    expect(notes[1]).to.include({ nextAt: NOW + 75_000 });
    expect(notes[1]?.text).to.match(/^Failed 3 times in a row: Cannot create a runner/);
    expect(notes[3]).to.deep.equal({
      text: "runners-0-3f9a2c81a001: the runner application ended with exit code 134: Out of memory",
      tone: "attention",
      at: NOW - 5400_000,
    });
  });

  it("makes hostile texts short and printable", () => {
    const evil = `\u001b[2J\u202e<script>\u0007${"x".repeat(10_000)}`;
    const shown = view(
      {
        unit: evil,
        runners: [{ name: evil, state: "busy", since: 0 }],
        counts,
        fault: { message: evil },
        notices: [evil],
        settingsFault: evil,
        activity: { state: "paused", reason: evil },
      },
      Array.from({ length: 50 }, (_, index) => ({ runner: `${evil}${index}`, cause: evil, at: 1 })),
    );
    const text = JSON.stringify(shown);
    expect(text).not.to.match(/\\u00|\u202e/);
    expect(text.length).to.be.below(16_000);
  });
});

describe("RecentWaits", () => {
  const job = { flavor: "a", workflow: "w", repo: "r", github_event: "push", idle: 1 } as const;

  it("keeps the last 60 waits of jobs and starts of runners, the oldest first", () => {
    const waits = new RecentWaits();
    for (let index = 0; index < 100; index += 1)
      waits.add({ event: "runner_start", timestamp: index, ...job, queue_duration: index });
    waits.add({ event: "runner_installed", timestamp: 5, flavor: "a", duration: 2.5 });
    expect(waits.jobs).to.have.lengthOf(60);
    expect(waits.jobs[0]).to.deep.equal({ at: 40_000, value: 40 });
    expect(waits.jobs.at(-1)).to.deep.equal({ at: 99_000, value: 99 });
    expect(waits.starts).to.deep.equal([{ at: 5000, value: 2.5 }]);
  });

  it("leaves out what is no number of seconds", () => {
    const waits = new RecentWaits();
    for (const wrong of [Number.NaN, -1, 1e9, Infinity, "9", null, undefined])
      waits.add({ event: "runner_start", timestamp: 1, ...job, queue_duration: wrong as number });
    for (const timestamp of [Number.NaN, 1e300, -1])
      waits.add({ event: "runner_installed", timestamp, flavor: "a", duration: 1 });
    waits.add({ event: "first_step", duration: 3 });
    expect([waits.jobs, waits.starts]).to.deep.equal([[], []]);
  });
});
