import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { applyChange } from "./walk/apply-change.ts";
import { readWalk } from "./walk/read-walk.ts";

const ROOT = join(import.meta.dirname, "../..");

/** What can be told without running its commands: first-change.walk.ts runs them. */
describe("the walk of CONTRIBUTING.md", () => {
  const steps = readWalk(readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8"), "Your first change");

  it("changes lines that its files have exactly once, one change after the other", () => {
    const files = new Map<string, string>();
    const changes = steps.filter((step) => step.does === "change");
    expect(changes.length).to.be.greaterThan(10);
    for (const change of changes) {
      const text = files.get(change.file) ?? readFileSync(join(ROOT, change.file), "utf8");
      files.set(change.file, applyChange(text, change));
    }
  });

  it("runs tests that are there", () => {
    const commands = steps.flatMap((step) => (step.does === "run" ? step.commands : []));
    const tests = commands.flatMap((command) => command.match(/\btests\/[\w/-]+\.test\.ts\b/g) ?? []);
    expect(tests).not.to.deep.equal([]);
    expect(tests.filter((test) => !existsSync(join(ROOT, test)))).to.deep.equal([]);
  });
});
