import { isIP } from "node:net";
import { expect } from "chai";
import fc from "fast-check";
import { parseAddress, renderAddress } from "../../src/network/address.ts";
import { anyAddress } from "./arbitraries.ts";

const read = (text: string) => {
  const address = parseAddress(text);
  return address && renderAddress(address);
};

describe("parseAddress()", () => {
  it("reads back what renderAddress() writes", () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        const text = renderAddress(address);
        expect(isIP(text)).to.equal(address.family);
        expect(parseAddress(text)).to.deep.equal(address);
      }),
    );
  });

  const accepted = [
    ["10.0.0.1", "10.0.0.1"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8::0001", "2001:db8::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["::ffff:a00:1", "10.0.0.1"],
    ["0:0:0:0:0:ffff:10.0.0.1", "10.0.0.1"],
    ["::fffe:10.0.0.1", "::fffe:a00:1"],
  ] as const;
  for (const [text, expected] of accepted) {
    it(`reads ${text} as ${expected}`, () => {
      expect(read(text)).to.equal(expected);
    });
  }

  const refused = ["", "10", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1.", "0x0a.0.0.1", "1::2::3"];
  for (const text of [
    ...refused,
    "fe80::1%eth0",
    ":::",
    "g::",
    "[::1]",
    " 10.0.0.1",
    "10.0.0.1/8",
    "localhost",
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(read(text)).to.equal(undefined);
    });
  }
});
