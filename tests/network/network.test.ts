import { expect } from "chai";
import fc from "fast-check";
import { WIDTH, type Address } from "../../src/network/address.ts";
import {
  contains,
  hostNetwork,
  lastOf,
  networkOf,
  overlaps,
  parseNetwork,
  renderNetwork,
  type Network,
} from "../../src/network/network.ts";
import { anyAddress, anyNetwork, crowdedNetworks } from "./arbitraries.ts";

const read = (text: string) => {
  const network = parseNetwork(text);
  return network && renderNetwork(network);
};

/** Address and network, bit by bit. */
function hasSamePrefix({ family, value }: Address, network: Network): boolean {
  const bits = (number: bigint) => number.toString(2).padStart(WIDTH[family], "0").slice(0, network.prefix);
  return family === network.family && bits(value) === bits(network.first);
}

describe("parseNetwork()", () => {
  it("reads back what renderNetwork() writes", () => {
    fc.assert(
      fc.property(anyNetwork, (network) => {
        expect(parseNetwork(renderNetwork(network))).to.deep.equal(network);
      }),
    );
  });

  const accepted = [
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["10.1.2.3", "10.1.2.3/32"],
    ["10.1.2.3/32", "10.1.2.3/32"],
    ["1.2.3.4/0", "0.0.0.0/0"],
    ["fd00::1/8", "fd00::/8"],
    ["fd00::1", "fd00::1/128"],
    ["::/0", "::/0"],
    ["::ffff:10.1.2.3", "10.1.2.3/32"],
    ["::ffff:10.1.2.3/104", "10.0.0.0/8"],
    ["::ffff:0.0.0.0/96", "0.0.0.0/0"],
    ["::ffff:10.1.2.3/80", "::/80"],
  ] as const;
  for (const [text, expected] of accepted) {
    it(`reads ${text} as ${expected}`, () => {
      expect(read(text)).to.equal(expected);
    });
  }

  for (const text of [
    ...[
      "",
      "/8",
      "10.0.0.0/",
      "10.0.0.0/33",
      "10.0.0.0/08",
      "10.0.0.0/-1",
      "10.0.0.0/8/8",
      "10.0.0.0/255.0.0.0",
    ],
    ...["fd00::/129", "::ffff:10.0.0.0/129", "10.0.0.0 /8", "10.0.0.1-10.0.0.9"],
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(read(text)).to.equal(undefined);
    });
  }
});

describe("contains()", () => {
  it("tells of an address whether it begins with the network's bits", () => {
    fc.assert(
      fc.property(anyAddress, anyNetwork, (address, network) => {
        expect(contains(network, address)).to.equal(hasSamePrefix(address, network));
        const around = networkOf(address, Math.min(network.prefix, WIDTH[address.family]));
        expect(contains(around, address)).to.equal(true);
      }),
    );
  });

  it("tells of a network whether its first and last address are in the other", () => {
    fc.assert(
      fc.property(crowdedNetworks, (networks) => {
        for (const outer of networks) {
          for (const inner of networks) {
            const ends = [inner.first, lastOf(inner)].map((value) => ({ family: inner.family, value }));
            expect(contains(outer, inner)).to.equal(ends.every((end) => contains(outer, end)));
          }
        }
      }),
    );
  });
});

describe("overlaps()", () => {
  it("is true of networks of which one holds the other, whichever is asked first", () => {
    fc.assert(
      fc.property(crowdedNetworks, (networks) => {
        for (const left of networks) {
          for (const right of networks) {
            const shared =
              left.family === right.family && left.first <= lastOf(right) && right.first <= lastOf(left);
            expect(overlaps(left, right)).to.equal(shared);
          }
        }
      }),
    );
  });

  it("is true of an address and itself, and of no two addresses", () => {
    fc.assert(
      fc.property(anyAddress, anyAddress, (one, other) => {
        expect(overlaps(hostNetwork(one), hostNetwork(one))).to.equal(true);
        const same = one.family === other.family && one.value === other.value;
        expect(overlaps(hostNetwork(one), hostNetwork(other))).to.equal(same);
      }),
    );
  });
});
