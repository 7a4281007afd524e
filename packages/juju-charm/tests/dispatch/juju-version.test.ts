import { expect } from "chai";
import fc from "fast-check";
import { JujuContextError, JujuVersion } from "../../src/index.ts";

describe("JujuVersion", () => {
  const ORDER = [
    "2.9.50",
    "2.9.50.1",
    "3.0.1",
    "3.0.2",
    "3.6-beta2",
    "3.6-rc1",
    "3.6-rc2",
    "3.6.0",
    "3.6.2",
    "3.6.10",
    "4.1",
  ];

  it("compares by number, and pre-releases before their release", () => {
    for (const [at, older] of ORDER.entries())
      for (const [index, other] of ORDER.entries())
        expect(Math.sign(new JujuVersion(older).compare(other)), `${older} ${other}`).to.equal(
          Math.sign(at - index),
        );
  });

  it("isAtLeast() and hasSecrets follow the order", () => {
    expect(new JujuVersion("3.6.10").isAtLeast("3.6.2")).to.equal(true);
    expect(new JujuVersion("3.6.10").isAtLeast(new JujuVersion("4.0.0"))).to.equal(false);
    expect(new JujuVersion("3.0.1").hasSecrets).to.equal(false);
    expect(new JujuVersion("4.1-beta2").hasSecrets).to.equal(true);
  });

  it("keeps its text", () => {
    expect(String(new JujuVersion("4.1-beta2"))).to.equal("4.1-beta2");
    expect(new JujuVersion("4.1-beta2")).to.include({ major: 4, minor: 1, tag: "beta", patch: 2, build: 0 });
  });

  for (const text of ["", "3", "3.6.", "v3.6.1", "3.6.1-", "3.6.1 ", "three.six"])
    it(`refuses "${text}"`, () => {
      expect(() => new JujuVersion(text)).to.throw(JujuContextError, "not a version of Juju");
    });

  it("compares any versions like their numbers", () => {
    const number = fc.integer({ min: 0, max: 999 });
    fc.assert(
      fc.property(fc.tuple(number, number, number), fc.tuple(number, number, number), (left, right) => {
        const [difference = 0] = left.map((part, at) => part - (right[at] ?? 0)).filter((part) => part !== 0);
        const compared = new JujuVersion(left.join(".")).compare(right.join("."));
        expect(Math.sign(compared)).to.equal(Math.sign(difference));
      }),
    );
  });
});
