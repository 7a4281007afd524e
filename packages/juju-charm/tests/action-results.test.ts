import { expect } from "chai";
import { ActionResultError, type ActionResults } from "../src/index.ts";
import { flattenResults } from "../src/events/action-results.ts";

describe("flattenResults()", () => {
  it("renders nested records as dotted keys and all values as strings", () => {
    const results = { delta: { "virtual-machines": -1 }, online: 2, flush: true, runners: "a,b", none: {} };
    expect(flattenResults(results)).to.deep.equal({
      "delta.virtual-machines": "-1",
      online: "2",
      flush: "true",
      runners: "a,b",
    });
  });

  const bad: readonly (readonly [string, ActionResults, string])[] = [
    ["an upper-case key", { Online: 1 }, "Online"],
    ["a key with an underscore", { busy_runners: 1 }, "busy_runners"],
    ["a key that ends in a hyphen", { "busy-": 1 }, "busy-"],
    ["a dot in a key", { "delta.machines": 1 }, "delta.machines"],
    ["an empty key", { "": 1 }, ""],
    ["an invalid nested key", { delta: { VMs: 1 } }, "delta.VMs"],
    ["a reserved key", { stdout: "x" }, "stdout"],
  ];
  for (const [title, results, key] of bad) {
    it(`refuses ${title}`, () => {
      expect(() => flattenResults(results))
        .to.throw(ActionResultError)
        .with.property("key", key);
    });
  }

  it("accepts a reserved name below another key", () => {
    expect(flattenResults({ runner: { stdout: "x" } })).to.deep.equal({ "runner.stdout": "x" });
  });
});
