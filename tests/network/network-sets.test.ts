import { expect } from "chai";
import fc from "fast-check";
import { WIDTH, type Address } from "../../src/network/address.ts";
import { contains, networkOf, overlaps, renderNetwork, type Network } from "../../src/network/network.ts";
import { merge, subtract } from "../../src/network/network-sets.ts";
import { anyNetwork, crowdedAddress, crowdedNetworks } from "./arbitraries.ts";
import { networks } from "./written.ts";

const isIn = (address: Address, networks: readonly Network[]) =>
  networks.some((network) => contains(network, address));

const written = (all: readonly Network[]) => all.map(renderNetwork);

/** Any two networks that are the halves of one. */
function halves(all: readonly Network[]): readonly (readonly [Network, Network])[] {
  const parent = ({ family, first, prefix }: Network) => networkOf({ family, value: first }, prefix - 1);
  return all.flatMap((left, index) =>
    all
      .slice(index + 1)
      .filter((right) => left.family === right.family && left.prefix === right.prefix && left.prefix > 0)
      .filter((right) => parent(left).first === parent(right).first)
      .map((right) => [left, right] as const),
  );
}

describe("subtract()", () => {
  it("leaves the addresses that are in a network and in no exception", () => {
    fc.assert(
      fc.property(
        crowdedNetworks,
        crowdedNetworks,
        fc.array(crowdedAddress, { minLength: 20, maxLength: 40 }),
        (all, exceptions, addresses) => {
          const left = subtract(all, exceptions);
          for (const address of addresses) {
            expect(isIn(address, left)).to.equal(isIn(address, all) && !isIn(address, exceptions));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("leaves networks that do not overlap, in the order of their addresses", () => {
    fc.assert(
      fc.property(crowdedNetworks, crowdedNetworks, (all, exceptions) => {
        const left = subtract(all, exceptions);
        left.forEach((network, index) => {
          const next = left[index + 1];
          if (next?.family === network.family) expect(network.first < next.first).to.equal(true);
          expect(left.slice(index + 1).some((other) => overlaps(network, other))).to.equal(false);
        });
      }),
    );
  });

  it("leaves as few networks as there can be: no two are the halves of one", () => {
    fc.assert(
      fc.property(crowdedNetworks, crowdedNetworks, (all, exceptions) => {
        expect(halves(subtract(all, exceptions))).to.deep.equal([]);
      }),
    );
  });

  it("is undone by merging what was taken away", () => {
    fc.assert(
      fc.property(crowdedNetworks, crowdedNetworks, (all, exceptions) => {
        const taken = subtract(all, subtract(all, exceptions));
        expect(merge([...subtract(all, exceptions), ...taken])).to.deep.equal(merge(all));
        expect(merge([...subtract(all, exceptions), ...exceptions])).to.deep.equal(
          merge([...all, ...exceptions]),
        );
      }),
    );
  });

  it("splits a network around one address into a network for each bit", () => {
    fc.assert(
      fc.property(anyNetwork, fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (network, seed) => {
        const size = 1n << BigInt(WIDTH[network.family] - network.prefix);
        const address = { family: network.family, value: network.first + (seed % size) };
        const left = subtract([network], [networkOf(address, WIDTH[network.family])]);
        expect(left).to.have.length(WIDTH[network.family] - network.prefix);
        expect(isIn(address, left)).to.equal(false);
      }),
    );
  });

  const examples = [
    [
      "one address of a network",
      ["10.0.0.0/29"],
      ["10.0.0.3"],
      ["10.0.0.0/31", "10.0.0.2/32", "10.0.0.4/30"],
    ],
    ["a network of itself", ["10.0.0.0/8"], ["10.0.0.0/8"], []],
    ["everything", ["10.0.0.0/8", "fd00::/8"], ["0.0.0.0/0", "::/0"], []],
    ["nothing", ["10.0.0.0/8"], [], ["10.0.0.0/8"]],
    ["the other family", ["10.0.0.0/8"], ["::/0"], ["10.0.0.0/8"]],
    ["both ends", ["10.0.0.0/30"], ["10.0.0.0", "10.0.0.3"], ["10.0.0.1/32", "10.0.0.2/32"]],
    ["the end of all addresses", ["0.0.0.0/0"], ["0.0.0.0/1"], ["128.0.0.0/1"]],
    ["an IPv4-mapped network", ["10.0.0.0/31"], ["::ffff:10.0.0.0"], ["10.0.0.1/32"]],
    ["an IPv6 address", ["::/126"], ["::2"], ["::/127", "::3/128"]],
  ] as const;
  for (const [what, all, exceptions, expected] of examples) {
    it(`takes ${what} away`, () => {
      expect(written(subtract(networks(...all), networks(...exceptions)))).to.deep.equal(expected);
    });
  }
});

describe("merge()", () => {
  it("has one form for the same addresses, whatever networks they come in", () => {
    fc.assert(
      fc.property(crowdedNetworks, crowdedNetworks, (one, other) => {
        const once = merge([...one, ...other]);
        expect(merge(once)).to.deep.equal(once);
        expect(merge([...other, ...merge(one)])).to.deep.equal(once);
      }),
    );
  });

  it("joins what touches and drops what is held by another", () => {
    const many = networks("10.0.1.0/24", "10.0.0.0/24", "10.0.0.7", "fd00::1", "fd00::", "192.168.0.0/16");
    expect(written(merge(many))).to.deep.equal(["10.0.0.0/23", "192.168.0.0/16", "fd00::/127"]);
  });

  it("joins two halves to all addresses", () => {
    expect(written(merge(networks("128.0.0.0/1", "0.0.0.0/1", "8000::/1", "::/1")))).to.deep.equal([
      "0.0.0.0/0",
      "::/0",
    ]);
  });
});
