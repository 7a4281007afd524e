import { expect } from "chai";
import fc from "fast-check";
import { RunnerNames, UnitNameError, unitSlug } from "../../src/runners/runner-name.ts";

const hex = (length: number) =>
  fc.string({
    unit: fc.constantFrom(...Array.from("0123456789abcdef")),
    minLength: length,
    maxLength: length,
  });
/** Application names as Juju allows them: words of letters and digits, each with a letter in it. */
const application = fc.stringMatching(/^[a-z][a-z0-9]{0,8}(-[a-z0-9]{0,4}[a-z][a-z0-9]{0,4}){0,2}$/);
const unit = fc.tuple(application, fc.nat(999)).map(([name, number]) => `${name}/${number}`);

describe("RunnerNames", () => {
  const names = new RunnerNames("runners/0", "abcdef1234");

  it("names a runner by unit, owner and attempt", () => {
    expect(names.next("0123456789ab")).to.equal("runners-0-abcdef012345");
  });

  it("owns the names that it gives", () => {
    fc.assert(
      fc.property(unit, hex(6), hex(12), (unitName, owner, entropy) => {
        const own = new RunnerNames(unitName, owner);
        expect(own.owns(own.next(entropy))).to.equal(true);
      }),
    );
  });

  it("owns no name of another unit, another application or another model", () => {
    const owner = fc.tuple(unit, hex(6));
    fc.assert(
      fc.property(owner, owner, hex(6), (mine, theirs, entropy) => {
        fc.pre(mine.join() !== theirs.join());
        const name = new RunnerNames(...theirs).next(entropy);
        expect(new RunnerNames(...mine).owns(name), name).to.equal(false);
      }),
    );
  });

  it("owns no name of another unit of the same model", () => {
    for (const other of ["runners/1", "runners/00", "runner/0", "runners-x/0", "x-runners/0"]) {
      expect(names.owns(new RunnerNames(other, "abcdef").next("000000")), other).to.equal(false);
    }
  });

  for (const foreign of [
    "",
    "runners-0-abcdef",
    "runners-0-abcdef01234",
    "runners-0-abcdef0123456",
    "runners-0-abcdef01234g",
    "runners-0-abcdefABCDEF",
    "runners-0-abcdef-12345",
    "xrunners-0-abcdef012345",
    "runners-0-fedcba012345",
    "runners-0-abcdef012345\n",
  ]) {
    it(`does not own ${JSON.stringify(foreign)}`, () => {
      expect(names.owns(foreign)).to.equal(false);
    });
  }

  it("knows runners of other units of the application in the same model, and of nobody else", () => {
    expect(names.isOfOtherUnit("runners-1-abcdef012345")).to.equal(true);
    expect(names.isOfOtherUnit("runners-10-abcdef012345")).to.equal(true);
    for (const other of [
      "runners-0-abcdef012345",
      "runners-1-fedcba012345",
      "runners-1-abcdef01234",
      "runners-1-template-abcdef01",
      "more-runners-1-abcdef012345",
      "runners-a-1-abcdef012345",
      "runners--abcdef012345",
    ]) {
      expect(names.isOfOtherUnit(other), other).to.equal(false);
    }
  });

  it("gives labels of a host name (RFC 1123)", () => {
    fc.assert(
      fc.property(unit, hex(6), hex(6), (unitName, owner, entropy) => {
        const name = new RunnerNames(unitName, owner).next(entropy);
        expect(name).to.match(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$/);
      }),
    );
  });

  it("gives names of 63 characters, and refuses a unit whose names would be longer, telling by how much", () => {
    const longest = new RunnerNames(`${"a".repeat(48)}/0`, "abcdef");
    expect(longest.next("000000")).to.have.lengthOf(63);
    expect(() => new RunnerNames(`${"a".repeat(49)}/12`, "abcdef"))
      .to.throw(UnitNameError, /would have 65 characters and 63 are allowed; .* 2 characters shorter/)
      .with.property("code", "unit-name");
  });

  it("unitSlug() is the unit's name as files and instances carry it", () => {
    expect(unitSlug("github-runner/12")).to.equal("github-runner-12");
  });
});
