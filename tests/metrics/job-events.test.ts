import { expect } from "chai";
import fc from "fast-check";
import { crashedRunners, jobEvents } from "../../src/metrics/job-events.ts";
import type { RunnerEnd } from "../../src/metrics/metric-event.ts";
import type { RunnerTrace } from "../../src/metrics/runner-trace.ts";

const trace: RunnerTrace = {
  name: "app-0-1",
  installedAt: 1000.25,
  preJob: { workflow: "CI", repository: "octo/hello", event: "push", timestamp: 1010, runId: 7 },
  postJob: { timestamp: 1070.5, status: "normal", code: undefined },
};
const job = { createdAt: 1_003_000, startedAt: 1_009_500, conclusion: "success" };

const time = fc.double({ min: 0, max: 4e9, noNaN: true });
const ends = fc.constantFrom<RunnerEnd>("normal", "abnormal", "repo-policy-check-failure");
const traces = fc.record({
  name: fc.constant("app-0-1"),
  installedAt: time,
  preJob: fc.option(
    fc.record({
      workflow: fc.string(),
      repository: fc.constant("octo/hello"),
      event: fc.constant("push"),
      timestamp: time,
      runId: fc.nat(),
    }),
    { nil: undefined },
  ),
  postJob: fc.option(
    fc.record({ timestamp: time, status: ends, code: fc.option(fc.nat(599), { nil: undefined }) }),
    { nil: undefined },
  ),
});
const jobs = fc.option(
  fc.record({
    createdAt: fc.double({ min: 0, max: 4e12, noNaN: true }),
    startedAt: fc.double({ min: 0, max: 4e12, noNaN: true }),
    conclusion: fc.option(fc.constant("failure"), { nil: undefined }),
  }),
  { nil: undefined },
);

describe("jobEvents()", () => {
  it("tells of a job from its start to its end, field by field", () => {
    expect(jobEvents(trace, job, "app")).to.deep.equal([
      {
        timestamp: 1010,
        event: "runner_start",
        flavor: "app",
        workflow: "CI",
        repo: "octo/hello",
        github_event: "push",
        idle: 9.75,
        queue_duration: 6.5,
      },
      {
        timestamp: 1070.5,
        event: "runner_stop",
        flavor: "app",
        workflow: "CI",
        repo: "octo/hello",
        github_event: "push",
        status: "normal",
        job_duration: 60.5,
        job_conclusion: "success",
      },
    ]);
  });

  it("leaves out what GitHub does not tell, and a conclusion that there is not yet", () => {
    for (const [start, stop] of [
      jobEvents(trace, undefined, "app"),
      jobEvents(trace, { ...job, conclusion: undefined }, "app"),
    ]) {
      expect(stop).to.not.have.property("job_conclusion");
      expect(start).to.have.property("event", "runner_start");
    }
    expect(jobEvents(trace, undefined, "app")[0]).to.not.have.property("queue_duration");
  });

  it("gives the code of a runner that failed, or was refused by the policy", () => {
    for (const status of ["abnormal", "repo-policy-check-failure"] as const) {
      const postJob = { timestamp: 1070, status, code: 3 };
      expect(jobEvents({ ...trace, postJob }, undefined, "app")[1]).to.deep.include({
        status,
        status_info: { code: 3 },
      });
    }
  });

  it("tells only the start of a runner that was cut off, and nothing of one without a job", () => {
    expect(jobEvents({ ...trace, postJob: undefined }, job, "app")).to.have.lengthOf(1);
    expect(jobEvents({ ...trace, preJob: undefined }, job, "app")).to.deep.equal([]);
  });

  it("never has a negative duration, whatever the clocks say", () => {
    fc.assert(
      fc.property(traces, jobs, (any, facts) => {
        for (const event of jobEvents(any, facts, "app")) {
          const durations = Object.entries(event).filter(([key]) => /idle|duration/.test(key));
          expect(durations).to.not.be.empty;
          for (const [key, value] of durations) expect(value, key).to.be.at.least(0);
        }
      }),
    );
  });

  it("tells no end without a start, so that the crashed runners are those without an end", () => {
    fc.assert(
      fc.property(fc.array(traces), (all) => {
        const events = all.flatMap((any) => jobEvents(any, undefined, "app"));
        const cutOff = all.filter(({ preJob, postJob }) => preJob && !postJob);
        expect(crashedRunners(events)).to.equal(cutOff.length);
      }),
    );
  });
});
