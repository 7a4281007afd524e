import { expect } from "chai";
import fc from "fast-check";
import { bridgePorts, portPrefix, spareRange } from "../../src/network/bridge-ports.ts";

const hex = (length: number) =>
  fc.array(fc.integer({ min: 0, max: 15 }), { minLength: length, maxLength: length });
const bridge = hex(10).map((digits) => `ghr-${digits.map((digit) => digit.toString(16)).join("")}`);
const subnet = fc
  .record({ second: fc.integer({ min: 0, max: 255 }), third: fc.integer({ min: 0, max: 255 }) })
  .chain(({ second, third }) =>
    fc.constantFrom(`10.${second}.${third}.1/24`, `10.${second}.0.1/20`, `192.168.${third}.1/28`),
  );

describe("bridgePorts()", () => {
  it("are all addresses of a /24 but the gateway's and the spare one", () => {
    const ports = bridgePorts("ghr-7c5a533446", "10.251.17.1/24");
    expect(ports).to.have.length(252);
    expect(ports[0]).to.deep.equal({
      name: "ghp7c5a533-2",
      mac: ports[0]?.mac ?? "",
      address: "10.251.17.2",
    });
    expect(ports.at(-1)?.address).to.equal("10.251.17.253");
    expect(spareRange("10.251.17.1/24")).to.equal("10.251.17.254-10.251.17.254");
  });

  it("have names, MACs and addresses of their own, which Linux and LXD accept", () => {
    fc.assert(
      fc.property(bridge, subnet, (name, network) => {
        const ports = bridgePorts(name, network);
        for (const key of ["name", "mac", "address"] as const) {
          expect(new Set(ports.map((port) => port[key])).size).to.equal(ports.length);
        }
        for (const { name: port, mac, address } of ports) {
          expect(port).to.match(/^ghp[0-9a-f]{7}-\d{1,4}$/);
          expect(port.length).to.be.at.most(15);
          expect(port.startsWith(portPrefix(name))).to.equal(true);
          expect(mac).to.match(/^00:16:3e(:[0-9a-f]{2}){3}$/);
          expect(spareRange(network)).to.not.include(`${address}-`);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("are the same each time, since running instances have them", () => {
    expect(bridgePorts("ghr-0123456789", "10.0.0.1/24")).to.deep.equal(
      bridgePorts("ghr-0123456789", "10.0.0.1/24"),
    );
  });

  it("refuses a text that is no subnet", () => {
    for (const text of ["", "10.0.0.1", "fd00::1/64", "none"]) {
      expect(() => bridgePorts("ghr-0123456789", text)).to.throw(TypeError);
    }
  });
});
