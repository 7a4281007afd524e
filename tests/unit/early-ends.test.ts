import { expect } from "chai";
import { countRunners } from "../../src/runners/observed-runner.ts";
import type { EarlyEnd } from "../../src/runners/ports.ts";
import { machine } from "../runners/worlds.ts";
import {
  creationLimit,
  describeEarlyEnds,
  earlyEndsAfter,
  parseEarlyEnds,
  type EarlyEnds,
} from "../../src/unit/early-ends.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const round = { configHash: "hash-1", now: NOW };
const end: EarlyEnd = { name: "app-0-1", code: 3, seconds: 2, output: "no disk | exiting" };
const reason =
  "Cannot keep runner 'app-0-1': its application ended with 3 after 2 s without a job; its last output: no disk | exiting";
const record: EarlyEnds = { configHash: "hash-1", count: 8, at: NOW - 1000, reason: "earlier" };

function report(present: number, delta: number, ended: readonly EarlyEnd[] = []) {
  const runners = Array.from({ length: present }, (_, index) => ({
    machine: machine(`r${index}`),
    registration: undefined,
  }));
  return { counts: countRunners(runners, 0), delta, ended };
}

describe("earlyEndsAfter()", () => {
  it("records the number and the last reason when runners ended", () => {
    const after = earlyEndsAfter(null, report(0, 0, [{ ...end, output: "" }, end]), round);
    expect(after).to.deep.equal({ configHash: "hash-1", count: 2, at: NOW, reason });
  });

  it("counts on while runners end, and anew for another configuration", () => {
    expect(earlyEndsAfter(record, report(0, 0, [end]), round)).to.include({ count: 9, reason });
    const other = { ...record, configHash: "hash-0" };
    expect(earlyEndsAfter(other, report(0, 0, [end]), round)).to.include({ count: 1, configHash: "hash-1" });
  });

  it("keeps the record while the only runners are those that were created just now", () => {
    expect(earlyEndsAfter(record, report(1, 1), round)).to.equal(record);
    expect(earlyEndsAfter(record, report(0, 0), round)).to.equal(record);
  });

  it("ends the record when a runner lived since the last reconcile", () => {
    expect(earlyEndsAfter(record, report(2, 1), round)).to.equal(null);
  });

  it("drops the record of another configuration", () => {
    expect(earlyEndsAfter({ ...record, configHash: "hash-0" }, report(1, 1), round)).to.equal(null);
  });
});

describe("creationLimit()", () => {
  it("is one while runners of this configuration end at once, and none otherwise", () => {
    expect(creationLimit(record, "hash-1")).to.equal(1);
    expect(creationLimit(record, "hash-2")).to.equal(undefined);
    expect(creationLimit(null, "hash-1")).to.equal(undefined);
  });
});

describe("describeEarlyEnds()", () => {
  it("tells number, time and reason", () => {
    expect(describeEarlyEnds({ ...record, at: NOW, reason })).to.equal(
      `8 runners ended without a job, the last one found at 2026-01-02 03:04 UTC: ${reason}`,
    );
    expect(describeEarlyEnds({ ...record, count: 1 })).to.match(/^1 runner ended/);
  });
});

describe("parseEarlyEnds()", () => {
  it("returns what was stored, and null for anything else", () => {
    expect(parseEarlyEnds(JSON.parse(JSON.stringify(record)))).to.deep.equal(record);
    for (const bad of [null, [], "x", { ...record, at: 1e99 }, { ...record, reason: 1 }, { count: 1 }]) {
      expect(parseEarlyEnds(bad)).to.equal(null);
    }
  });
});
