import { expect } from "chai";

import { withResults, type ActionResult } from "../src/action-results.ts";

const result = (key: string, value: string): ActionResult => ({ path: key.split("."), value });

describe("results of an action", () => {
  it("nest as the dots of their keys say", () => {
    const results = withResults({}, [result("runner.name", "one"), result("runner.size", "2")]);
    expect(results).to.deep.equal({ runner: { name: "one", size: "2" } });
  });

  it("keep what earlier calls said", () => {
    const before = withResults({}, [result("runner.name", "one")]);
    expect(withResults(before, [result("runner.size", "2")])).to.deep.equal({
      runner: { name: "one", size: "2" },
    });
  });

  it("take the later one of two that cannot both be", () => {
    expect(withResults({}, [result("a", "1"), result("a.b", "2")])).to.deep.equal({ a: { b: "2" } });
    expect(withResults({}, [result("a", "1"), result("a.b", "2"), result("a", "3")])).to.deep.equal({
      a: "3",
    });
  });

  it("know no key but those they are given", () => {
    expect(withResults({}, [result("constructor.x", "1")])).to.deep.equal({ constructor: { x: "1" } });
  });
});
