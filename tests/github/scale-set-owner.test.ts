import { expect } from "chai";
import { ownerLabel, ownerOf } from "../../src/github/scale-set-owner.ts";

describe("ownerLabel()", () => {
  it("names a unit of a deployment, and is found among other labels", () => {
    const label = ownerLabel("my-runners-0", "1a2b3c4d-5e6f-4000-8000-000000000000");
    expect(label).to.equal("unit-my-runners-0-1a2b3c4d");
    expect(ownerOf(["linux", "unit-test", label])).to.equal("my-runners-0");
    expect(ownerOf(["linux", "unit-test"])).to.equal(undefined);
    expect(ownerLabel("a-0", "x")).to.not.equal(ownerLabel("a-0", "y"));
  });
});
