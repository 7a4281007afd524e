import { expect } from "chai";
import { bridgeRoom } from "../../src/lxd/bridge-room.ts";

const pooled = (replacements: number, standby: number, shortage?: string) => ({
  replacements: { count: replacements, shortage },
  standby,
});

describe("bridgeRoom()", () => {
  it("has room for all where the bridge has ports for them, and for three instances of images", () => {
    const all = { replacements: 2, standby: 1, shortage: undefined };
    expect(bridgeRoom(pooled(2, 1), { count: 4, replacements: 2 }, 10)).to.deep.equal(all);
    expect(bridgeRoom(pooled(0, 1), { count: 4 }, 8)).to.deep.equal({ ...all, replacements: 0 });
  });

  it("gives up standby instances first, then runners in place of lost ones, and tells why", () => {
    const wanted = { count: 4, replacements: 2 };
    expect(bridgeRoom(pooled(2, 1), wanted, 9)).to.deep.equal({
      replacements: 2,
      standby: 0,
      shortage: undefined,
    });
    expect(bridgeRoom(pooled(2, 1), wanted, 8)).to.deep.equal({
      replacements: 1,
      standby: 0,
      shortage: "1 of 2 runners of lost-member-runners would be missing: the runners' network has room for 1",
    });
    expect(bridgeRoom(pooled(2, 1), wanted, 3)).to.include({ replacements: 0, standby: 0 });
  });

  it("tells of the pool where that is smaller", () => {
    expect(bridgeRoom(pooled(1, 0, "a small pool"), { count: 4, replacements: 2 }, 20)).to.deep.equal({
      replacements: 1,
      standby: 0,
      shortage: "a small pool",
    });
  });
});
