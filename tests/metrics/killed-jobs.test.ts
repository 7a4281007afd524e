import { expect } from "chai";
import { killedJobs } from "../../src/metrics/killed-jobs.ts";
import type { RunnerTrace } from "../../src/metrics/runner-trace.ts";
import type { LifeEvent } from "../../src/runners/ports.ts";

const preJob = { workflow: "CI", repository: "octo/hello", event: "push", timestamp: 5, runId: 7 };
const trace = (change: Partial<RunnerTrace> = {}): RunnerTrace => ({
  name: "app-0-1",
  installedAt: 1,
  preJob,
  postJob: undefined,
  ...change,
});
const decided = (activity?: string): LifeEvent => ({
  event: "decided",
  reason: "busy for too long",
  activity,
});
const removing: LifeEvent = { event: "removing" };

describe("killedJobs()", () => {
  const table: readonly (readonly [string, readonly LifeEvent[], Partial<RunnerTrace>, boolean])[] = [
    ["counts a job whose runner the unit has removed while it ran", [decided("job"), removing], {}, true],
    ["counts one of a runner that was not asked", [decided(), removing], {}, true],
    ["counts no runner that never had a job", [decided(), removing], { preJob: undefined }, false],
    [
      "counts no job that told its end",
      [decided(), removing],
      { postJob: { timestamp: 9, status: "normal", code: undefined } },
      false,
    ],
    [
      "counts no runner that had stopped by itself",
      [decided(), { event: "found", cause: "its instance stopped" }, removing],
      {},
      false,
    ],
    ["counts no runner whose application had ended", [decided("ended 137"), removing], {}, false],
    ["counts no job that GitHub has ended", [decided("a job that GitHub has ended"), removing], {}, false],
    ["counts no runner that only GitHub believes to have a job", [decided("no job"), removing], {}, false],
    ["counts no runner whose guest does not answer", [decided("unknown"), removing], {}, false],
    ["counts no runner that a person's request has removed", [removing], {}, false],
    ["counts no runner that stayed after all, and was deleted by somebody else", [decided("job")], {}, false],
  ];
  for (const [title, events, change, isKilled] of table)
    it(title, () => {
      const lives = events.map((event, at) => ({ ...event, runner: "app-0-1", at }));
      const others = events.map((event, at) => ({ ...event, runner: "app-0-2", at }));
      expect(killedJobs([trace(change)], lives)).to.have.lengthOf(isKilled ? 1 : 0);
      expect(killedJobs([trace(change)], others)).to.deep.equal([]);
    });
});
