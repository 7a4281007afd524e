import { expect } from "chai";
import { backOffAfter, mayCreate, nextAttemptAt, type BackOff } from "../../src/service/back-off.ts";

const NONE: BackOff = new Map();
const at = (now: number) => ({ now, jitter: 0.5 });
const failing = (...causes: string[]) => ({
  failures: causes.map((cause) => ({ cause, reason: `${cause} failed`, remedy: "retry" as const })),
  created: 0,
});

describe("backOffAfter()", () => {
  it("doubles the wait of a cause that fails again, up to five minutes", () => {
    let backOff = NONE;
    const waits: number[] = [];
    for (let attempt = 0; attempt < 10; attempt += 1) {
      backOff = backOffAfter(backOff, failing("lxd"), at(0));
      waits.push((backOff.get("lxd")?.nextAt ?? 0) / 1000);
    }
    expect(waits).to.deep.equal([2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });

  it("spreads waits by a quarter to either side", () => {
    const wait = (jitter: number) =>
      backOffAfter(NONE, failing("lxd"), { now: 0, jitter }).get("lxd")?.nextAt;
    expect([wait(0), wait(1)]).to.deep.equal([1500, 2500]);
  });

  it("waits no shorter than the other side asks for", () => {
    const limited = {
      failures: [{ cause: "github-rate-limit", reason: "", remedy: "outside" as const, notBefore: 900_000 }],
      created: 0,
    };
    expect(nextAttemptAt(backOffAfter(NONE, limited, at(0)))).to.equal(900_000);
  });

  it("forgets all causes with a round that creates runners or that fails nowhere", () => {
    const before = backOffAfter(NONE, failing("lxd", "github-unavailable"), at(0));
    expect([...backOffAfter(before, { failures: [], created: 0 }, at(1)).keys()]).to.deep.equal([]);
    const partly = backOffAfter(before, { ...failing("lxd"), created: 1 }, at(1));
    expect([...partly.keys()]).to.deep.equal(["lxd"]);
    expect(partly.get("lxd")?.count).to.equal(2);
  });

  it("keeps a cause that was not met because of another one", () => {
    const before = backOffAfter(NONE, failing("lxd"), at(0));
    expect([...backOffAfter(before, failing("github-unavailable"), at(1)).keys()]).to.deep.equal([
      "lxd",
      "github-unavailable",
    ]);
  });
});

describe("mayCreate()", () => {
  it("is false until the last cause may be tried again", () => {
    const backOff = backOffAfter(NONE, failing("lxd"), at(0));
    expect(mayCreate(backOff, 1999)).to.equal(false);
    expect(mayCreate(backOff, 2000)).to.equal(true);
    expect(mayCreate(NONE, 0)).to.equal(true);
  });
});
