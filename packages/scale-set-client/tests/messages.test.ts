import { expect } from "chai";
import * as fc from "fast-check";
import { toMessage } from "../src/messages.ts";

const JOB = {
  messageType: "JobStarted",
  runnerRequestId: 12,
  ownerName: "octo",
  repositoryName: "hello",
  requestLabels: ["linux", 5],
  queueTime: "2026-05-20T10:00:00.5Z",
  finishTime: "0001-01-01T00:00:00Z",
  runnerId: 3,
  runnerName: "builder-0",
};

const message = (body: unknown, rest: Readonly<Record<string, unknown>> = {}) =>
  toMessage({ messageId: 4, messageType: "RunnerScaleSetJobMessages", body, ...rest });

describe("toMessage()", () => {
  it("reads the jobs of a batch; a time that has not come is undefined", () => {
    const [job] = message(JSON.stringify([JOB]))?.jobs ?? [];
    expect(job).to.include({
      type: "JobStarted",
      runnerRequestId: 12,
      runnerName: "builder-0",
      finishTime: undefined,
    });
    expect(job).to.deep.include({
      requestLabels: ["linux"],
      queueTime: new Date("2026-05-20T10:00:00.500Z"),
    });
  });

  it("keeps a message of a type that it does not know", () => {
    const value = { messageType: "JobPaused", runnerRequestId: 1 };
    expect(message(JSON.stringify([value]))?.jobs).to.deep.equal([
      { type: "unknown", messageType: "JobPaused", value },
    ]);
  });

  it("keeps a body that it cannot read, so that the batch can be acknowledged and its statistics hold", () => {
    const read = message("[{", { statistics: { totalAssignedJobs: 2 } });
    expect(read?.id).to.equal(4);
    expect(read?.jobs).to.deep.equal([{ type: "unknown", messageType: undefined, value: "[{" }]);
    expect(read?.statistics).to.include({ totalAssignedJobs: 2, totalRunningJobs: 0 });
  });

  it("tells no statistics where GitHub sends none", () => {
    expect(message("", { statistics: null })?.statistics).to.equal(undefined);
  });

  it("is undefined without an identifier", () => {
    expect(toMessage({ messageType: "RunnerScaleSetJobMessages", body: "[]" })).to.equal(undefined);
    expect(toMessage("[]")).to.equal(undefined);
  });

  it("reads whatever comes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (body, statistics) => {
        const read = message(JSON.stringify(body), { statistics });
        expect(read?.id).to.equal(4);
        for (const count of Object.values(read?.statistics ?? {})) expect(count).to.be.at.least(0);
      }),
    );
  });
});
