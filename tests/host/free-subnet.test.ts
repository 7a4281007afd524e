import { expect } from "chai";
import fc from "fast-check";
import { chooseSubnet, networksOfHost, NoFreeSubnetError } from "../../src/host/free-subnet.ts";
import { contains, networkOf, overlaps } from "../../src/network/network.ts";
import { network } from "../network/written.ts";

const TEN = network("10.0.0.0/8");
/** Networks of which many are where the candidates are. */
const anyNetwork = fc
  .oneof(
    fc.record({ value: fc.nat(0xffffffff), prefix: fc.integer({ min: 1, max: 32 }) }),
    fc.record({
      value: fc.nat(0xffffff).map((low) => Number(TEN.first) + low),
      prefix: fc.integer({ min: 10, max: 32 }),
    }),
  )
  .map(({ value, prefix }) => networkOf({ family: 4, value: BigInt(value) }, prefix));
const seed = fc.nat(0xffff);

describe("chooseSubnet()", () => {
  it("chooses a /24 of 10.0.0.0/8 that overlaps nothing that is taken", () => {
    fc.assert(
      fc.property(fc.array(anyNetwork, { maxLength: 40 }), seed, (taken, from) => {
        fc.pre(!taken.some((one) => contains(one, TEN)));
        const chosen = network(chooseSubnet(taken, from));
        expect(chosen.prefix).to.equal(24);
        expect(contains(TEN, chosen)).to.equal(true);
        expect(taken.filter((one) => overlaps(one, chosen))).to.deep.equal([]);
      }),
    );
  });

  it("gives the gateway the first address of the network", () => {
    fc.assert(
      fc.property(seed, (from) => {
        expect(chooseSubnet([], from)).to.match(/^10\.\d{1,3}\.\d{1,3}\.1\/24$/);
      }),
    );
  });

  it("gives the same answer for the same seed, and different ones for different seeds", () => {
    fc.assert(
      fc.property(seed, seed, (one, other) => {
        expect(chooseSubnet([], one)).to.equal(chooseSubnet([], one));
        if (one !== other) expect(chooseSubnet([], one)).not.to.equal(chooseSubnet([], other));
      }),
    );
  });

  it("finds the only one that is left, wherever the search starts", () => {
    fc.assert(
      fc.property(fc.nat(0xffff), seed, (left, from) => {
        // Around the one that is left, the rest of 10.0.0.0/8 in blocks of falling size.
        const free = Number(TEN.first) + left * 256;
        const taken = Array.from({ length: 16 }, (_, bit) => {
          const size = 2 ** (8 + bit);
          const block = Math.floor(free / size);
          const value = BigInt((block % 2 === 0 ? block + 1 : block - 1) * size);
          return networkOf({ family: 4, value }, 24 - bit);
        });
        expect(network(chooseSubnet(taken, from)).first).to.equal(BigInt(free));
      }),
      { numRuns: 20 },
    );
  });

  for (const all of ["10.0.0.0/8", "10.1.2.3/8", "8.0.0.0/6", "0.0.0.0/1"]) {
    it(`finds none where ${all} is taken`, () => {
      expect(() => chooseSubnet([network(all)], 7))
        .to.throw(NoFreeSubnetError)
        .with.property("code", "no-free-subnet");
    });
  }
});

describe("networksOfHost()", () => {
  it("names the loopback network, and only networks", async () => {
    const networks = await networksOfHost();
    expect(networks).to.deep.include(network("127.0.0.0/8"));
    for (const { family, prefix } of networks) {
      expect(family).to.equal(4);
      expect(prefix).to.be.within(1, 32);
    }
  });
});
