import { expect } from "chai";
import { standbyFor } from "../../src/unit/room.ts";

const GIB = 2 ** 30;
const container = {
  count: 2,
  instanceType: "container",
  resources: { cpu: 1, memory: "7GiB", disk: "10GiB" },
} as const;
const machine = { ...container, instanceType: "virtual-machine" } as const;
const memory = (available: number) => ({ total: 20 * GIB, available });

describe("standbyFor()", () => {
  it("keeps instances as long as a twentieth of the memory is free", () => {
    expect(standbyFor(container, 2, memory(GIB), "keep")).to.equal(2);
    expect(standbyFor(container, 2, memory(GIB - 1), "keep")).to.equal(0);
  });

  it("makes new ones where a tenth is free besides what they take themselves", () => {
    expect(standbyFor(container, 2, memory(2.25 * GIB), "make")).to.equal(2);
    expect(standbyFor(container, 2, memory(2.25 * GIB - 1), "make")).to.equal(0);
    expect(standbyFor(machine, 2, memory(3 * GIB), "make")).to.equal(2);
    expect(standbyFor(machine, 2, memory(3 * GIB - 1), "make")).to.equal(0);
  });

  it("takes no more than an instance may have", () => {
    const small = { ...machine, resources: { ...machine.resources, memory: "512MiB" } };
    expect(standbyFor(small, 1, memory(2.5 * GIB), "make")).to.equal(1);
  });

  it("is nothing for a unit without runners, and what there is room for where nobody knows the memory", () => {
    expect(standbyFor({ ...container, count: 0 }, 2, memory(20 * GIB), "keep")).to.equal(0);
    expect(standbyFor(container, 2, undefined, "make")).to.equal(2);
  });
});
