import { expect } from "chai";
import fc from "fast-check";
import { formatSize, parseSize } from "../src/size.ts";

describe("parseSize()", () => {
  it("reads a positive integer and a unit from KiB to EiB", () => {
    expect(["1KiB", "512MiB", "7GiB", "2TiB", "3PiB", "1EiB"].map(parseSize)).to.deep.equal([
      2 ** 10,
      512 * 2 ** 20,
      7 * 2 ** 30,
      2 * 2 ** 40,
      3 * 2 ** 50,
      2 ** 60,
    ]);
  });

  it("reads nothing else", () => {
    for (const text of ["", "7", "7GB", "0GiB", "-1GiB", "1.5GiB", "07GiB", "7 GiB", "7gib", "7GiB "]) {
      expect(parseSize(text), text).to.equal(undefined);
    }
  });
});

describe("formatSize()", () => {
  it("writes a size with one decimal at most", () => {
    const sizes = [0, 2 ** 10, 1536 * 2 ** 20, 7 * 2 ** 30, 2 ** 60];
    expect(sizes.map(formatSize)).to.deep.equal(["0 KiB", "1 KiB", "1.5 GiB", "7 GiB", "1 EiB"]);
  });

  it("never tells more than there is, nor a tenth less", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1024, max: 2 ** 50 }), (bytes) => {
        const [number = "", unit = ""] = formatSize(bytes).split(" ");
        const told = Number(number) * (parseSize(`1${unit}`) ?? 0);
        expect(told).to.be.at.most(bytes);
        expect(told).to.be.above(bytes * 0.9);
      }),
    );
  });
});
