import { expect } from "chai";
import { nameFromURL, path } from "../src/call.ts";
import { truncate } from "../src/errors.ts";

describe("path`` and nameFromURL()", () => {
  it("give back any name that was put into a path", () => {
    for (const name of ["plain", "with/slash", "ü €", "a?b#c%2F", ".."]) {
      expect(nameFromURL(path`/1.0/things/${name}`)).to.equal(name);
    }
  });

  it("leave the project of a URL out", () => {
    expect(nameFromURL("/1.0/instances/x?project=p/q")).to.equal("x");
  });
});

describe("truncate()", () => {
  it("leaves text of 2 000 characters as it is", () => {
    expect(truncate("x".repeat(2000))).to.equal("x".repeat(2000));
  });

  it("keeps head and tail of more, and says how much is left out", () => {
    const text = `${"h".repeat(1400)}${"m".repeat(5000)}${"t".repeat(600)}`;
    expect(truncate(text)).to.equal(`${"h".repeat(1400)} [5000 characters left out] ${"t".repeat(600)}`);
  });
});
