import { expect } from "chai";
import fc from "fast-check";
import { renderNetwork } from "../../src/network/network.ts";
import { readNetworkList } from "../../src/network/read-network-list.ts";
import { anyNetwork } from "./arbitraries.ts";

describe("readNetworkList()", () => {
  it("reads networks as they are written, whatever space is around the commas", () => {
    const spaces = fc.stringMatching(/^[ \n\t]{0,2}$/);
    fc.assert(
      fc.property(fc.array(anyNetwork), spaces, (networks, space) => {
        const text = networks.map(renderNetwork).join(`${space},${space}`);
        expect(readNetworkList(`${space}${text}${space}`)).to.deep.equal({ networks, faults: [] });
      }),
    );
  });

  it("passes empty entries over", () => {
    expect(readNetworkList("").networks).to.deep.equal([]);
    expect(readNetworkList(" , ,").faults).to.deep.equal([]);
    expect(readNetworkList(",10.0.0.0/8,,").networks.map(renderNetwork)).to.deep.equal(["10.0.0.0/8"]);
  });

  it("names every entry that is no network, and keeps the others", () => {
    const { networks, faults } = readNetworkList("10.0.0.0/8, nonsense, 10.0.0.1/8, fd00::/200, 192.168.0.1");
    expect(networks.map(renderNetwork)).to.deep.equal(["10.0.0.0/8", "192.168.0.1/32"]);
    expect(faults).to.deep.equal([
      '"nonsense" is not an IPv4 or IPv6 address',
      '"10.0.0.1/8" is an address inside of 10.0.0.0/8',
      '"fd00::/200" has no prefix of 0 to 128',
    ]);
  });

  const faulty = [
    ["10.0.0.0/33", '"10.0.0.0/33" has no prefix of 0 to 32'],
    ["10.0.0.0/", '"10.0.0.0/" has no prefix of 0 to 32'],
    ["10.0.0.0/8/8", '"10.0.0.0/8/8" has no prefix of 0 to 32'],
    ["10.0.0.0/255.0.0.0", '"10.0.0.0/255.0.0.0" has no prefix of 0 to 32'],
    ["10.0.0.0 10.0.0.1", '"10.0.0.0 10.0.0.1" is not an IPv4 or IPv6 address'],
    ["github.com", '"github.com" is not an IPv4 or IPv6 address'],
    ["::ffff:10.0.0.1/104", '"::ffff:10.0.0.1/104" is an address inside of 10.0.0.0/8'],
    ["fd00::1/64", '"fd00::1/64" is an address inside of fd00::/64'],
    ["x".repeat(100), `"${"x".repeat(59)}…" is not an IPv4 or IPv6 address`],
  ] as const;
  for (const [entry, fault] of faulty) {
    it(`says of ${entry.slice(0, 30)} what is wrong with it`, () => {
      expect(readNetworkList(entry)).to.deep.equal({ networks: [], faults: [fault] });
    });
  }
});
