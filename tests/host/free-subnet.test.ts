import { expect } from "chai";
import fc from "fast-check";
import {
  chooseSubnet,
  networksOfHost,
  NoFreeSubnetError,
  parseNetwork,
  parseRoutes,
  type Network,
} from "../../src/host/free-subnet.ts";

/** First and last address of a network. */
function rangeOf({ address, prefix }: Network): readonly [bigint, bigint] {
  const size = 1n << BigInt(32 - prefix);
  const first = (BigInt(address) / size) * size;
  return [first, first + size - 1n];
}

function overlap(left: Network, right: Network): boolean {
  const [[leftFirst, leftLast], [rightFirst, rightLast]] = [rangeOf(left), rangeOf(right)];
  return leftFirst <= rightLast && rightFirst <= leftLast;
}

const TEN = parseNetwork("10.0.0.0/8");
/** Networks of which many are where the candidates are. */
const network = fc.oneof(
  fc.record({ address: fc.nat(0xffffffff), prefix: fc.integer({ min: 1, max: 32 }) }),
  fc.record({
    address: fc.nat(0xffffff).map((low) => TEN.address + low),
    prefix: fc.integer({ min: 10, max: 32 }),
  }),
);
const seed = fc.nat(0xffff);

describe("chooseSubnet()", () => {
  it("chooses a /24 of 10.0.0.0/8 that overlaps nothing that is taken", () => {
    fc.assert(
      fc.property(fc.array(network, { maxLength: 40 }), seed, (taken, from) => {
        fc.pre(!taken.some((one) => one.prefix <= 8 && overlap(one, TEN)));
        const chosen = parseNetwork(chooseSubnet(taken, from));
        expect(chosen.prefix).to.equal(24);
        expect(overlap(chosen, TEN)).to.equal(true);
        expect(taken.filter((one) => overlap(one, chosen))).to.deep.equal([]);
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
        const free = TEN.address + left * 256;
        const taken = Array.from({ length: 16 }, (_, bit) => {
          const size = 2 ** (8 + bit);
          const block = Math.floor(free / size);
          return { address: (block % 2 === 0 ? block + 1 : block - 1) * size, prefix: 24 - bit };
        });
        expect(rangeOf(parseNetwork(chooseSubnet(taken, from)))[0]).to.equal(BigInt(free));
      }),
      { numRuns: 20 },
    );
  });

  for (const all of ["10.0.0.0/8", "10.1.2.3/8", "8.0.0.0/6", "0.0.0.0/1"]) {
    it(`finds none where ${all} is taken`, () => {
      expect(() => chooseSubnet([parseNetwork(all)], 7))
        .to.throw(NoFreeSubnetError)
        .with.property("code", "no-free-subnet");
    });
  }
});

describe("parseNetwork()", () => {
  it("reads an address and its prefix", () => {
    expect(parseNetwork("10.0.1.255/24")).to.deep.equal({ address: 0x0a0001ff, prefix: 24 });
    expect(parseNetwork("255.255.255.255/32")).to.deep.equal({ address: 0xffffffff, prefix: 32 });
  });

  it("takes an address alone for a network of one", () => {
    expect(parseNetwork("192.168.0.1")).to.deep.equal({ address: 0xc0a80001, prefix: 32 });
  });
});

describe("parseRoutes()", () => {
  const table = [
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
    "eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0",
    "eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t0000FFFF\t0\t0\t0",
    "ghr-1\t00F3730A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
    "eth0\t01020304\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0",
    "",
  ].join("\n");

  it("reads destinations and masks, and leaves the default route out", () => {
    expect(parseRoutes(table)).to.deep.equal([
      parseNetwork("192.168.0.0/16"),
      parseNetwork("10.115.243.0/24"),
      parseNetwork("4.3.2.1/32"),
    ]);
  });

  it("reads a table without routes", () => {
    expect(parseRoutes(`${table.split("\n")[0]}\n`)).to.deep.equal([]);
  });
});

describe("networksOfHost()", () => {
  it("names the loopback network, and only networks", async () => {
    const networks = await networksOfHost();
    expect(networks).to.deep.include({ address: parseNetwork("127.0.0.1").address, prefix: 8 });
    for (const { address, prefix } of networks) {
      expect(address).to.be.within(0, 0xffffffff);
      expect(prefix).to.be.within(1, 32);
    }
  });
});
