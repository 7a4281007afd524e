import { expect } from "chai";
import type { Instance } from "lxd-client";
import { ownUserRange, userRangeConfig, type RangeNeed } from "../../src/lxd/user-range.ts";

const map = (size: number, base = 1_000_000) =>
  JSON.stringify([
    { Isuid: true, Isgid: false, Hostid: base, Nsid: 0, Maprange: size },
    { Isuid: false, Isgid: true, Hostid: base, Nsid: 0, Maprange: size },
  ]);
const instance = (config: Record<string, string>, type: Instance["type"] = "container") =>
  ({ name: "t", type, config }) as unknown as Instance;
const template = instance;
const mapped = { "volatile.last_state.idmap": "[]", "volatile.idmap.next": map(1_000_000_000) };
const isolated = { "security.idmap.isolated": "true", "security.idmap.size": "196608" };
const rangeOf = (change: Partial<RangeNeed> = {}) =>
  ownUserRange({ name: "runner-1", template: template(mapped), instances: [], given: [], ...change });

describe("ownUserRange()", () => {
  it("is a range in LXD's map, after the users that other instances share", () => {
    for (const name of ["runner-0123456789ab", "runner-f", "x"]) {
      const base = rangeOf({ name }) ?? 0;
      expect(base).to.be.within(1_065_536, 1_001_000_000 - 196_608);
      expect((base - 1_065_536) % 196_608).to.equal(0);
    }
  });

  it("differs from those of instances, listed or not, whatever their sizes", () => {
    const first = rangeOf() ?? 0;
    for (const taken of [
      { instances: [instance({ ...isolated, "volatile.idmap.base": String(first) })] },
      { instances: [instance({ ...isolated, "security.idmap.base": String(first) })] },
      { instances: [instance({ ...isolated, "volatile.idmap.base": String(first + 196_607) })] },
      {
        instances: [
          instance({ "security.idmap.isolated": "true", "volatile.idmap.base": String(first - 65_535) }),
        ],
      },
      { given: [first] },
    ])
      expect(rangeOf(taken)).to.be.a("number").and.to.not.equal(first);
  });

  it("does not mind instances that share a range, or whose range is not chosen yet", () => {
    const shared = instance({ "volatile.idmap.base": "0" });
    const unchosen = [instance({ ...isolated, "volatile.idmap.base": "0" }), instance(isolated)];
    expect(rangeOf({ instances: [shared, ...unchosen] })).to.equal(rangeOf());
  });

  it("is set with its size", () => {
    expect(userRangeConfig(1_065_536)).to.deep.equal({
      "security.idmap.isolated": "true",
      "security.idmap.base": "1065536",
      "security.idmap.size": "196608",
    });
    expect(userRangeConfig(undefined)).to.deep.equal({});
  });

  const none: readonly (readonly [why: string, template: Instance | undefined, instances: number])[] = [
    ["the template is unknown", undefined, 1],
    ["it is a virtual machine", template(mapped, "virtual-machine"), 1],
    ["its files have other owners", template({ ...mapped, "volatile.last_state.idmap": map(65_536) }), 1],
    ["LXD has not recorded the owners", template({ "volatile.idmap.next": map(1_000_000_000) }), 1],
    ["LXD has few users", template({ ...mapped, "volatile.idmap.next": map(65_536) }), 1],
    ["many instances share LXD's users", template({ ...mapped, "volatile.idmap.next": map(10_000_001) }), 18],
    ["LXD's map cannot be read", template({ ...mapped, "volatile.idmap.next": "what" }), 1],
  ];
  for (const [why, of, count] of none) {
    it(`is that of all where ${why}`, () => {
      const instances = Array.from({ length: count }, () => instance({}));
      expect(rangeOf({ template: of, instances })).to.equal(undefined);
    });
  }
});
