import { expect } from "chai";
import fc from "fast-check";
import { readPostJob, readPreJob, Refusal } from "../../src/metrics/guest-file-content.ts";

const NOW = 1_790_000_000;
const PRE_JOB = {
  workflow: "Nightly build",
  repository: "octo/hello.world",
  event: "workflow_dispatch",
  timestamp: NOW - 60,
  workflow_run_id: "123456789012",
};
const POST_JOB = { timestamp: NOW - 1, status: "abnormal", status_info: { code: 7 } };

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const reason = (read: unknown) => (read instanceof Refusal ? read.reason : "taken");

describe("the files that a guest writes of its job", () => {
  it("are read when they are as they should be", () => {
    expect(readPreJob(json(PRE_JOB), NOW)).to.deep.equal({
      workflow: "Nightly build",
      repository: "octo/hello.world",
      event: "workflow_dispatch",
      timestamp: NOW - 60,
      runId: 123456789012,
    });
    expect(readPreJob(json({ ...PRE_JOB, workflow_run_id: 7 }), NOW)).to.have.property("runId", 7);
    expect(readPostJob(json(POST_JOB), NOW)).to.deep.equal({
      timestamp: NOW - 1,
      status: "abnormal",
      code: 7,
    });
    expect(readPostJob(json({ timestamp: 5.5, status: "normal" }), NOW)).to.deep.equal({
      timestamp: 5.5,
      status: "normal",
      code: undefined,
    });
  });

  const badPreJobs: readonly (readonly [string, Buffer, string])[] = [
    ["nothing", Buffer.from(""), "it is not JSON"],
    ["half of it", json(PRE_JOB).subarray(0, 50), "it is not JSON"],
    ["no UTF-8", Buffer.from([0x22, 0xff, 0x22]), "it is not JSON"],
    ["deep nesting", Buffer.from("[".repeat(1024)), "it is not JSON"],
    ["deep nesting that ends", Buffer.from("[".repeat(512) + "]".repeat(512)), "it is not an object"],
    ["null", json(null), "it is not an object"],
    ["a field too few", json({ ...PRE_JOB, event: undefined }), "it has unexpected fields"],
    ["a field too many", json({ ...PRE_JOB, more: 1 }), "it has unexpected fields"],
    [
      "a prototype",
      Buffer.from('{"__proto__": {"workflow": "x"}, "timestamp": 1}'),
      "it has unexpected fields",
    ],
    ["a workflow that is no text", json({ ...PRE_JOB, workflow: ["x"] }), "workflow is not a text"],
    ["a path for a repository", json({ ...PRE_JOB, repository: "../../x" }), "repository is not owner/name"],
    ["lines for a repository", json({ ...PRE_JOB, repository: "a/b\nc" }), "repository is not owner/name"],
    ["an event of another form", json({ ...PRE_JOB, event: "a b" }), "event is not the name of an event"],
    ["a time that is text", json({ ...PRE_JOB, timestamp: "1" }), "timestamp is not a past time"],
    ["a time before all", json({ ...PRE_JOB, timestamp: -1 }), "timestamp is not a past time"],
    ["a time to come", json({ ...PRE_JOB, timestamp: NOW * 2 }), "timestamp is not a past time"],
    [
      "an endless time",
      Buffer.from(JSON.stringify(PRE_JOB).replace(`${NOW - 60}`, "1e999")),
      "timestamp is not a past time",
    ],
    [
      "a run that is no number",
      json({ ...PRE_JOB, workflow_run_id: "1/../2" }),
      "workflow_run_id is not a number",
    ],
    ["a run in a list", json({ ...PRE_JOB, workflow_run_id: [1] }), "workflow_run_id is not a number"],
  ];
  for (const [what, content, expected] of badPreJobs) {
    it(`are refused with ${what} before a job`, () => {
      expect(reason(readPreJob(content, NOW))).to.equal(expected);
    });
  }

  const badPostJobs: readonly (readonly [string, object, string])[] = [
    ["another status", { ...POST_JOB, status: "fine" }, "status is not one of the known ones"],
    ["a status of another type", { ...POST_JOB, status: 1 }, "status is not one of the known ones"],
    ["status_info that is null", { ...POST_JOB, status_info: null }, "status_info is not {code}"],
    ["more in status_info", { ...POST_JOB, status_info: { code: 1, x: 1 } }, "status_info is not {code}"],
    [
      "half a code",
      { ...POST_JOB, status_info: { code: 1.5 } },
      "status_info.code is neither an exit code nor an HTTP status",
    ],
    [
      "a huge code",
      { ...POST_JOB, status_info: { code: 1e6 } },
      "status_info.code is neither an exit code nor an HTTP status",
    ],
  ];
  for (const [what, content, expected] of badPostJobs) {
    it(`are refused with ${what} after a job`, () => {
      expect(reason(readPostJob(json(content), NOW))).to.equal(expected);
    });
  }

  it("never make the reader throw, whatever is in them", () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 1024 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc.record({ timestamp: fc.anything(), status: fc.anything() }).map((value) => {
        try {
          return json(value);
        } catch {
          return Buffer.from("{}");
        }
      }),
    );
    fc.assert(
      fc.property(anything, (content) => {
        expect(() => [readPreJob(content, NOW), readPostJob(content, NOW)]).not.to.throw();
      }),
    );
  });
});
