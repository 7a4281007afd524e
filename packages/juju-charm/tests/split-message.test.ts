import { expect } from "chai";
import * as fc from "fast-check";
import { splitMessage } from "../src/log/split-message.ts";

describe("splitMessage()", () => {
  const cases: readonly (readonly [string, string, number, readonly string[]])[] = [
    ["nothing", "", 4, []],
    ["a short text", "abc", 4, ["abc"]],
    ["a text of exactly the limit", "abcd", 4, ["abcd"]],
    ["a long text", "abcdefghi", 4, ["abcd", "efgh", "i"]],
    ["characters of several bytes", "aé€😀b", 4, ["aé", "€", "😀", "b"]],
  ];
  for (const [title, text, limit, parts] of cases) {
    it(`splits ${title}`, () => {
      expect(splitMessage(text, limit)).to.deep.equal(parts);
    });
  }

  it("preserves any text and respects the limit", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 4, max: 40 }), (text, limit) => {
        const parts = splitMessage(text, limit);
        expect(parts.join("")).to.equal(text);
        for (const part of parts) expect(Buffer.byteLength(part)).to.be.within(1, limit);
      }),
    );
  });
});
