import { expect } from "chai";
import { claimEndsAt, describeHeld, LONGEST_JOB_MS, UNLISTED_JOB_MS } from "../../src/runners/job-claims.ts";
import { machine, NOW, registration } from "./worlds.ts";

const minute = Date.UTC(2026, 10, 29, 9, 0);

describe("claimEndsAt()", () => {
  it("is six hours after the first doubt when GitHub lists the runner without a job, or not at all", () => {
    const suspect = machine("a", { suspectSince: NOW - 5 });
    for (const listed of [undefined, registration("a"), registration("a", { online: false })]) {
      expect(claimEndsAt(suspect, listed, true, NOW)).to.equal(NOW - 5 + UNLISTED_JOB_MS);
      expect(claimEndsAt(machine("a"), listed, true, NOW)).to.equal(NOW + UNLISTED_JOB_MS);
    }
  });

  it("is GitHub's longest job after the deadline when GitHub says nothing", () => {
    const suspect = machine("a", { suspectSince: NOW - 5 });
    const unreadable = registration("a", { isUnreadable: true });
    const endsAt = suspect.deadline + LONGEST_JOB_MS;
    expect(claimEndsAt(suspect, undefined, false, NOW)).to.equal(endsAt);
    expect(claimEndsAt(suspect, unreadable, true, NOW)).to.equal(endsAt);
  });
});

describe("describeHeld()", () => {
  it("gives one notice for each reason, with the latest end", () => {
    const held = (runner: string, saidBy: "guest" | "github", endsAt: number) => ({ runner, saidBy, endsAt });
    expect(describeHeld([])).to.deep.equal([]);
    expect(describeHeld([held("a", "guest", minute)])).to.deep.equal([
      "1 runner claims a job that GitHub does not list; it is removed by 2026-11-29 09:00 UTC",
    ]);
    expect(
      describeHeld([
        held("a", "github", minute),
        held("b", "guest", minute + 60_000),
        held("c", "guest", minute),
        held("d", "github", minute - 60_000),
      ]),
    ).to.deep.equal([
      "2 runners claim a job that GitHub does not list; they are removed by 2026-11-29 09:01 UTC",
      "2 runners have been busy for more than a day past the deadline; they are removed by 2026-11-29 09:00 UTC",
    ]);
  });
});
