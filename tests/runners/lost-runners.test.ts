import { expect } from "chai";
import fc from "fast-check";
import { replacedBy, type LostRunners } from "../../src/runners/lost-runners.ts";
import type { Demand, Replacement } from "../../src/runners/plan.ts";

/** The n-th instance of a unit. */
const of = (unit: number, n: number) => `runners-${unit}-abcdef${n.toString(16).padStart(6, "0")}`;
const instances = (unit: number, count: number) => Array.from({ length: count }, (_, n) => of(unit, n));

/** What a unit sees. */
const seen = (
  unit: number,
  units: readonly number[],
  names: readonly string[],
  alive: readonly string[] = [],
) =>
  ({
    unit: `runners/${unit}`,
    units: units.map((each) => `runners/${each}`),
    names,
    alive: new Set(alive),
  }) satisfies LostRunners;

interface ShareOptions extends Partial<Replacement> {
  readonly alive?: readonly string[];
  readonly demand?: Demand;
}

/** The shares of all units that answer. */
const shares = (
  units: readonly number[],
  names: readonly string[],
  { ofUnit = 9, most = 9, alive = [], demand }: ShareOptions = {},
) =>
  units.map((unit) => replacedBy(seen(unit, units, names, alive), { demand, replacement: { ofUnit, most } }));

describe("replacedBy()", () => {
  it("is none without a loss, without the option, and where units have no runners", () => {
    const lost = seen(0, [0, 2], instances(1, 3));
    expect(replacedBy(undefined, { replacement: { ofUnit: 3, most: 3 } })).to.equal(0);
    expect(replacedBy(lost, {})).to.equal(0);
    expect(replacedBy(lost, { replacement: { ofUnit: 3, most: 0 } })).to.equal(0);
    expect(replacedBy(lost, { replacement: { ofUnit: 0, most: 3 } })).to.equal(0);
  });

  it("divides the lost runners among the units that answer, the larger shares by the order of their numbers", () => {
    expect(shares([0, 2], instances(1, 4))).to.deep.equal([2, 2]);
    expect(shares([10, 2], instances(1, 3))).to.deep.equal([1, 2]);
    expect(shares([3, 0, 10], instances(1, 1))).to.deep.equal([0, 1, 0]);
  });

  it("gives no unit more than its option allows, and what is left to nobody", () => {
    expect(shares([0, 2], instances(1, 5), { most: 1 })).to.deep.equal([1, 1]);
  });

  it("counts no more of a unit than it keeps runners: the others were on standby", () => {
    expect(shares([0], instances(1, 4), { ofUnit: 3 })).to.deep.equal([3]);
    expect(shares([0], [...instances(1, 4), ...instances(2, 1)], { ofUnit: 3 })).to.deep.equal([4]);
  });

  it("counts none that GitHub shows at work, and no standby instance in the place of one", () => {
    const names = instances(1, 3);
    expect(shares([0], names, { ofUnit: 2, alive: names.slice(0, 2) })).to.deep.equal([0]);
    expect(shares([0], names, { ofUnit: 2, alive: names.slice(0, 1) })).to.deep.equal([1]);
  });

  it("counts the room of a unit, where the number of runners follows a demand, less those at work", () => {
    const demand = { assigned: 0, running: 0, idle: 0 };
    const names = instances(1, 1);
    expect(shares([0], names, { ofUnit: 3, demand })).to.deep.equal([3]);
    expect(shares([0], names, { ofUnit: 3, demand, alive: names })).to.deep.equal([2]);
    expect(shares([0], [], { ofUnit: 3, demand })).to.deep.equal([0]);
  });

  it("replaces no runner twice and leaves out none, whichever units answer", () => {
    const anyUnits = fc.uniqueArray(fc.nat(20), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(anyUnits, fc.nat(12), (units, count) => {
        const all = shares(units, instances(99, count), { ofUnit: 500, most: 500 });
        expect(all.reduce((sum, each) => sum + each, 0)).to.equal(count);
        expect(Math.max(...all) - Math.min(...all)).to.be.at.most(1);
      }),
    );
  });
});
