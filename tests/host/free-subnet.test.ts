import { expect } from "chai";
import fc from "fast-check";
import {
  chooseSubnet,
  networksOfHost,
  NoFreeSubnetError,
  SubnetTakenError,
  useSubnet,
} from "../../src/host/free-subnet.ts";
import { contains, networkOf, overlaps } from "../../src/network/network.ts";
import { renderAddress } from "../../src/network/address.ts";
import { network, networks } from "../network/written.ts";
import { privateAddress, publicAddress, sortAsJuju, type JujuAddress } from "./juju-addresses.ts";

const PRIVATE = networks("192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8");
/** Networks of which many are where the candidates are. */
const anyNetwork = fc
  .oneof(
    fc.record({ value: fc.nat(0xffffffff), prefix: fc.integer({ min: 4, max: 32 }) }),
    fc.record({
      value: fc.nat(0xffff).map((low) => Number(network("192.168.0.0/16").first) + low),
      prefix: fc.integer({ min: 17, max: 32 }),
    }),
  )
  .map(({ value, prefix }) => networkOf({ family: 4, value: BigInt(value) }, prefix));

describe("chooseSubnet()", () => {
  it("chooses a private /24 that overlaps nothing that is taken", () => {
    fc.assert(
      fc.property(fc.array(anyNetwork, { maxLength: 40 }), (taken) => {
        fc.pre(!PRIVATE.every((range) => taken.some((one) => contains(one, range))));
        const text = chooseSubnet(taken);
        const chosen = network(text);
        expect(text).to.match(/\.1\/24$/);
        expect(PRIVATE.some((range) => contains(range, chosen))).to.equal(true);
        expect(taken.filter((one) => overlaps(one, chosen))).to.deep.equal([]);
      }),
      { numRuns: 50 },
    );
  });

  it("chooses the one whose text sorts last, and another range only where the first one is taken", () => {
    expect(chooseSubnet([])).to.equal("192.168.99.1/24");
    expect(chooseSubnet(networks("192.168.99.0/24"))).to.equal("192.168.98.1/24");
    expect(chooseSubnet(networks("192.168.96.0/19"))).to.equal("192.168.95.1/24");
    expect(chooseSubnet(networks("192.168.0.0/16"))).to.equal("172.31.99.1/24");
    expect(chooseSubnet(networks("192.168.0.0/16", "172.0.0.0/8"))).to.equal("10.99.99.1/24");
  });

  it("finds the only one that is left", () => {
    const most = networks("192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/9", "10.192.0.0/10", "10.128.0.0/11");
    const rest = networks(
      "10.160.0.0/12",
      "10.184.0.0/13",
      "10.176.0.0/14",
      "10.182.0.0/15",
      "10.180.0.0/16",
    );
    const taken = [...most, ...rest, ...networks("10.181.0.0/17", "10.181.192.0/18", "10.181.128.0/19")];
    const last = networks(
      "10.181.176.0/20",
      "10.181.160.0/21",
      "10.181.172.0/22",
      "10.181.170.0/23",
      "10.181.169.0/24",
    );
    expect(chooseSubnet([...taken, ...last])).to.equal("10.181.168.1/24");
  });

  it("finds none where all private networks are taken", () => {
    expect(() => chooseSubnet(networks("10.0.0.0/8", "172.16.0.0/12", "192.0.0.0/8")))
      .to.throw(NoFreeSubnetError)
      .with.property("code", "no-free-subnet");
  });
});

describe("useSubnet()", () => {
  it("gives the gateway the first address of the configured network", () => {
    expect(useSubnet(network("10.7.0.0/16"), networks("10.8.0.0/16"))).to.equal("10.7.0.1/16");
  });

  it("refuses a network that the machine has, with both", () => {
    expect(() => useSubnet(network("10.7.0.0/24"), networks("127.0.0.0/8", "10.7.0.0/16"))).to.throw(
      SubnetTakenError,
      "10.7.0.0/24 overlaps 10.7.0.0/16, which this machine has; set another one, or none",
    );
  });
});

describe("the bridge of a unit beside the address of its machine, as Juju sorts them", () => {
  /** What Juju says of a machine with these addresses, each in a /24, and of the bridge that is chosen there. */
  const judge = (own: readonly JujuAddress[], version: "3.6" | "4.0") => {
    const taken = own.map(({ value }) => network(`${value}/24`));
    const [bridge = ""] = chooseSubnet(taken).split("/");
    const sorted = sortAsJuju([...own, { value: bridge, origin: "machine" }], version);
    return { bridge, sorted, public: publicAddress(sorted), private: privateAddress(sorted) };
  };
  const versions = ["3.6", "4.0"] as const;
  const anyIn = (range: string) => {
    const { first, prefix } = network(range);
    return fc
      .nat(2 ** (32 - prefix) - 1)
      .map((low) => renderAddress({ family: 4, value: first + BigInt(low) }));
  };

  for (const version of versions) {
    it(`loses in Juju ${version} on machines in 10.0.0.0/8, 172.16.0.0/12 and most of 192.168.0.0/16`, () => {
      // Only addresses in 192.168.99.0/24 sort behind all others.
      const own = fc
        .oneof(anyIn("10.0.0.0/8"), anyIn("172.16.0.0/12"), anyIn("192.168.0.0/16"))
        .filter((value) => !value.startsWith("192.168.99."));
      fc.assert(
        fc.property(own, (value) => {
          const judged = judge([{ value, origin: "machine" }], version);
          expect([judged.public, judged.private, judged.sorted[0]]).to.deep.equal([value, value, value]);
        }),
      );
    });

    it(`loses in Juju ${version} to the public and the private address of a machine that has both`, () => {
      fc.assert(
        fc.property(anyIn("10.0.0.0/8"), (value) => {
          const both = ["198.51.100.7", value].map((each) => ({ value: each, origin: "machine" }) as const);
          const judged = judge(both, version);
          expect([judged.public, judged.private]).to.deep.equal(["198.51.100.7", value]);
        }),
      );
    });
  }

  it("loses on any machine in Juju 4.0 whose private address the cloud knows", () => {
    const judged = judge([{ value: "192.168.99.7", origin: "provider" }], "4.0");
    expect([judged.public, judged.private, judged.sorted[0]]).to.deep.equal(
      Array.from({ length: 3 }, () => "192.168.99.7"),
    );
  });

  // The documentation names these machines: no subnet helps there.
  it("wins on a machine in 192.168.99.0/24 that no cloud knows, and is the private address of one with public ones only", () => {
    for (const version of versions) {
      const late = judge([{ value: "192.168.99.7", origin: "machine" }], version);
      expect(late.sorted[0]).to.equal(late.bridge);
      const open = judge([{ value: "198.51.100.7", origin: "provider" }], version);
      expect([open.public, open.private]).to.deep.equal(["198.51.100.7", open.bridge]);
    }
  });

  it("would win in 100.64.0.0/10, which Juju takes for public", () => {
    const addresses = ["10.0.0.5", "100.64.0.1"].map((value) => ({ value, origin: "machine" }) as const);
    for (const version of versions) expect(sortAsJuju(addresses, version)[0]).to.equal("100.64.0.1");
  });
});

describe("networksOfHost()", () => {
  it("names the loopback network, and only networks", async () => {
    const own = await networksOfHost();
    expect(own).to.deep.include(network("127.0.0.0/8"));
    for (const { family, prefix } of own) {
      expect(family).to.equal(4);
      expect(prefix).to.be.within(1, 32);
    }
  });
});
