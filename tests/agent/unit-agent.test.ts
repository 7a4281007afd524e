import { expect } from "chai";

import { Bench } from "./tiny-charm.ts";

describe("UnitAgent", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.make();
  });
  afterEach(() => bench.dispose());

  it("deploy() runs the hooks of a first unit in Juju's order", async () => {
    await bench.deploy("status-set active ready");
    expect(bench.contexts()).to.deep.equal(["install", "leader-elected", "config-changed", "start"]);
  });
});
