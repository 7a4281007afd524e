import { expect } from "chai";
import { describeService } from "../../src/charm/describe-service.ts";
import { sampleStatus } from "../service/sample-status.ts";

const status = sampleStatus();
const failure = {
  cause: "lxd",
  concern: "creation",
  reason: "LXD is full",
  error: { message: "LXD is full" },
  nextAt: 0,
} as const;

describe("describeService()", () => {
  it("tells what is being made, what failed how often, and when it is tried again", () => {
    const told = describeService({
      ...status,
      activity: { state: "working", since: 0, why: ["retry"], step: "Starting runners 1/3" },
      failures: [
        { ...failure, count: 3 },
        { ...failure, count: 1, reason: "GitHub is away" },
      ],
      nextAttemptAt: Date.UTC(2026, 0, 2, 3, 4),
    });
    expect(told).to.deep.equal([
      "The runner service is at work: Starting runners 1/3",
      "Failed 3 times in a row: LXD is full",
      "Failed once: GitHub is away",
      "The next attempt is at 2026-01-02 03:04 UTC",
    ]);
  });

  it("tells nothing while all is well", () => {
    expect(describeService(status)).to.deep.equal([]);
    expect(
      describeService({ ...status, activity: { state: "working", since: 0, why: ["interval"] } }),
    ).to.deep.equal([]);
  });
});
