import { expect } from "chai";
import fc from "fast-check";
import {
  capacityOf,
  PoolTooSmallError,
  replacementsThatFit,
  requiredOf,
  runnersThatFit,
  spaceNeed,
  standbyThatFits,
} from "../../src/lxd/pool-space.ts";

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

describe("runnersThatFit()", () => {
  it("is as many as the pool has room for, and not one more than wanted", () => {
    const runner = fc.record({
      wanted: fc.integer({ min: 0, max: 300 }),
      disk: fc.integer({ min: 1, max: 100 }),
      driver: fc.constantFrom("btrfs", "zfs", "dir"),
      present: fc.integer({ min: 1, max: 5000 }),
    });
    fc.assert(
      fc.property(runner, ({ wanted, disk, driver, present }) => {
        const fit = runnersThatFit(wanted, `${disk}GiB`, { driver, present: present * GIB, isShared: false });
        const need = (count: number) => requiredOf(driver, spaceNeed(count, `${disk}GiB`));
        expect(fit).to.be.within(0, wanted);
        expect(need(fit)).to.be.at.most(present * GIB);
        if (fit < wanted) expect(need(fit + 1)).to.be.above(present * GIB);
      }),
    );
  });

  it("is the wanted number where nobody knows the size of the pool", () => {
    expect(runnersThatFit(8, "10GiB", { driver: "zfs", present: 0, isShared: false })).to.equal(8);
  });
});

describe("capacityOf()", () => {
  const space = { driver: "btrfs", present: 17 * GIB, isShared: false };

  it("is all runners without a shortage where they fit", () => {
    expect(capacityOf(3, "10GiB", space)).to.deep.equal({ count: 3, shortage: undefined });
    expect(capacityOf(0, "10GiB", { ...space, present: 1 })).to.deep.equal({ count: 0, shortage: undefined });
  });

  it("is what fits, with what is missing and why, where some fit", () => {
    expect(capacityOf(4, "10GiB", space)).to.deep.equal({
      count: 3,
      shortage:
        "1 of 4 missing: the storage pool has 17 GiB, room for 3; lower vm-disk, or give the unit more storage",
    });
    expect(capacityOf(4, "10GiB", { ...space, isShared: true }).shortage).to.equal(
      "1 of 4 missing: the storage pool has 17 GiB, room for 3; lower vm-disk, free space on the machine's disk, which it " +
        "shares, or give the unit storage of its own",
    );
  });

  it("is an error with both sizes where not one fits", () => {
    const small = { ...space, present: 3 * GIB };
    expect(() => capacityOf(8, "10GiB", small)).to.throw(
      PoolTooSmallError,
      "Cannot keep any of 8 runners: one needs a storage pool of 7 GiB, and there are 3 GiB; lower vm-disk, or give the " +
        "unit more storage",
    );
    expect(() => capacityOf(1, "10GiB", { ...small, isShared: true })).to.throw(
      PoolTooSmallError,
      "Cannot keep 1 runner: it needs a storage pool of 7 GiB, and there are 3 GiB; lower vm-disk, free space on the " +
        "machine's disk, or give the unit storage of its own",
    );
  });
});

describe("replacementsThatFit()", () => {
  const space = { driver: "btrfs", present: 32 * GIB, isShared: false };
  const wanted = (runners: number, replacements: number) => ({ runners, replacements, disk: "10GiB" });

  it("is what there is room for beyond the usual runners, with what would be missing and why", () => {
    expect(replacementsThatFit(wanted(4, 2), space)).to.deep.equal({ count: 2, shortage: undefined });
    expect(replacementsThatFit(wanted(4, 3), space)).to.deep.equal({
      count: 2,
      shortage:
        "1 of 3 runners of lost-member-runners would be missing: the storage pool has 32 GiB, room for 2",
    });
  });

  it("is none, and nothing to tell of, where none are wanted or not even the usual ones fit", () => {
    expect(replacementsThatFit(wanted(6, 0), space)).to.deep.equal({ count: 0, shortage: undefined });
    expect(replacementsThatFit(wanted(7, 2), space)).to.deep.equal({ count: 0, shortage: undefined });
  });
});

describe("standbyThatFits()", () => {
  const space = { driver: "btrfs", present: 32 * GIB, isShared: false };
  const wanted = (runners: number, standby: number) => ({ runners, standby, disk: "10GiB" });

  it("is what there is room for beside all wanted runners", () => {
    expect(standbyThatFits(wanted(4, 3), space, 0)).to.equal(2);
    expect(standbyThatFits(wanted(4, 1), space, 0)).to.equal(1);
    expect(standbyThatFits(wanted(6, 3), space, 0)).to.equal(0);
    expect(standbyThatFits(wanted(9, 3), space, 0)).to.equal(0);
  });

  it("is none in a pool that is nearly full, whatever the sizes say", () => {
    expect(standbyThatFits(wanted(1, 1), space, 0.9 * 32 * GIB)).to.equal(0);
    expect(standbyThatFits(wanted(1, 1), space, 0.89 * 32 * GIB)).to.equal(1);
  });

  it("is all that are wanted where nobody knows the size of the pool", () => {
    expect(standbyThatFits(wanted(1, 2), { ...space, present: 0 }, 0)).to.equal(2);
  });
});
