import { expect } from "chai";
import { CONCURRENCY, creationsAtOnce } from "../../src/unit/creations-at-once.ts";

describe("creationsAtOnce()", () => {
  it("lets as many virtual machines boot at once as there are processors", () => {
    expect([1, 2, 8].map((processors) => creationsAtOnce("virtual-machine", processors))).to.deep.equal([
      1, 2, 8,
    ]);
  });

  it("is at least one, and no more than for containers", () => {
    expect(creationsAtOnce("virtual-machine", 0)).to.equal(1);
    expect(creationsAtOnce("virtual-machine", 128)).to.equal(CONCURRENCY);
  });

  it("does not depend on the processors for containers, which wait for LXD and the network most of the time", () => {
    expect([1, 64].map((processors) => creationsAtOnce("container", processors))).to.deep.equal([
      CONCURRENCY,
      CONCURRENCY,
    ]);
  });
});
