import { expect } from "chai";

import { withResults, type ActionResult } from "../src/action-results.ts";

const result = (key: string, value: string): ActionResult => ({ path: key.split("."), value });

describe("withResults()", () => {
  it("nests results by the dots in their keys", () => {
    const results = withResults({}, [result("runner.name", "one"), result("runner.size", "2")]);
    expect(results).to.deep.equal({ runner: { name: "one", size: "2" } });
  });

  it("keeps the results of earlier calls", () => {
    const before = withResults({}, [result("runner.name", "one")]);
    expect(withResults(before, [result("runner.size", "2")])).to.deep.equal({
      runner: { name: "one", size: "2" },
    });
  });

  it("keeps the later of two conflicting results", () => {
    expect(withResults({}, [result("a", "1"), result("a.b", "2")])).to.deep.equal({ a: { b: "2" } });
    expect(withResults({}, [result("a", "1"), result("a.b", "2"), result("a", "3")])).to.deep.equal({
      a: "3",
    });
  });

  it("handles the name of an inherited property as an ordinary key", () => {
    expect(withResults({}, [result("constructor.x", "1")])).to.deep.equal({ constructor: { x: "1" } });
  });
});
