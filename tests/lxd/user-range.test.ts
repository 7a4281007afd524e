import { expect } from "chai";
import type { Instance } from "lxd-client";
import { ownUserRange } from "../../src/lxd/user-range.ts";

const map = (size: number) =>
  JSON.stringify([
    { Isuid: true, Isgid: false, Hostid: 1_000_000, Nsid: 0, Maprange: size },
    { Isuid: false, Isgid: true, Hostid: 1_000_000, Nsid: 0, Maprange: size },
  ]);
const template = (config: Record<string, string>, type: Instance["type"] = "container") =>
  ({ name: "t", type, config }) as unknown as Instance;
const mapped = { "volatile.last_state.idmap": "[]", "volatile.idmap.next": map(1_000_000_000) };

describe("ownUserRange()", () => {
  it("is a range of 196608 users where LXD maps mounts and has users enough", () => {
    expect(ownUserRange(template(mapped), 40)).to.deep.equal({
      "security.idmap.isolated": "true",
      "security.idmap.size": "196608",
    });
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
  for (const [why, of, instances] of none) {
    it(`is the range of all where ${why}`, () => {
      expect(ownUserRange(of, instances)).to.deep.equal({});
    });
  }
});
