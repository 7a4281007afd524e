import { networkInterfaces } from "node:os";
import { expect } from "chai";
import { localAddresses, parseLocalAddresses } from "../../src/host/local-addresses.ts";
import { contains, renderNetwork } from "../../src/network/network.ts";
import { address } from "../network/written.ts";

/** As the kernel writes it where it has merged its tables into one tree. */
const TABLE = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.231.77.0/24 2 0 2
        +-- 10.231.77.0/31 1 0 0
           |-- 10.231.77.0
              /24 link UNICAST
           |-- 10.231.77.1
              /32 host LOCAL
        |-- 10.231.77.255
           /32 link BROADCAST
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
        |-- 127.255.255.255
           /32 link BROADCAST
Local:
  +-- 0.0.0.0/0 3 0 5
           |-- 10.231.77.1
              /32 host LOCAL
`;

describe("parseLocalAddresses()", () => {
  it("reads what is local and what is broadcast, once, and leaves routes to others out", () => {
    expect(parseLocalAddresses(TABLE).map(renderNetwork)).to.deep.equal([
      "10.231.77.1/32",
      "10.231.77.255/32",
      "127.0.0.0/8",
      "127.0.0.1/32",
      "127.255.255.255/32",
    ]);
  });

  it("reads an address that has several routes", () => {
    const table = "|-- 10.0.0.1\n   /8 link UNICAST\n   /32 host LOCAL\n";
    expect(parseLocalAddresses(table).map(renderNetwork)).to.deep.equal(["10.0.0.1/32"]);
  });

  it("reads a table without anything", () => {
    expect(parseLocalAddresses("")).to.deep.equal([]);
  });
});

describe("localAddresses()", () => {
  it("names every IPv4 address of every interface", async () => {
    const found = await localAddresses();
    for (const { family, address: text } of Object.values(networkInterfaces()).flatMap(
      (list) => list ?? [],
    )) {
      if (family !== "IPv4") continue;
      expect(found.some((network) => contains(network, address(text)))).to.equal(true);
    }
  });
});
