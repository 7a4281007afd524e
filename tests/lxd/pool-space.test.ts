import { expect } from "chai";
import fc from "fast-check";
import { checkSpace, PoolTooSmallError, spaceNeed } from "../../src/lxd/pool-space.ts";

const GIB = 2 ** 30;

describe("spaceNeed()", () => {
  it("is an image and half a disk for each runner where clones share, else a disk for each and for the template", () => {
    expect(spaceNeed(8, "10GiB")).to.deep.equal({ thin: 42 * GIB, thick: 90 * GIB });
    expect(spaceNeed(1, "1GiB")).to.deep.equal({ thin: 1.5 * GIB, thick: 2 * GIB });
  });

  it("is nothing without runners", () => {
    expect(spaceNeed(0, "10GiB")).to.deep.equal({ thin: 0, thick: 0 });
  });

  it("grows with runners and disks, and is never more where clones share", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 1000 }), (runners, disk) => {
        const need = spaceNeed(runners, `${disk}GiB`);
        expect(need.thin).to.be.at.most(need.thick);
        expect(spaceNeed(runners + 1, `${disk}GiB`).thin).to.be.above(need.thin);
        expect(spaceNeed(runners, `${disk + 1}GiB`).thin).to.be.above(need.thin);
      }),
    );
  });
});

describe("checkSpace()", () => {
  it("refuses a pool that is too small and tells both sizes", () => {
    expect(() => {
      checkSpace(8, 42 * GIB, 30 * GIB);
    }).to.throw(
      PoolTooSmallError,
      "Cannot keep 8 runners: their storage pool needs 42 GiB and has 30 GiB; lower virtual-machines or vm-disk, or " +
        "give the unit more storage",
    );
  });

  it("takes a pool that is large enough, and one whose size nobody knows", () => {
    checkSpace(8, 42 * GIB, 42 * GIB);
    checkSpace(8, 42 * GIB, 0);
  });
});
