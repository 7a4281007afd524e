import { expect } from "chai";
import { KEYS } from "../../src/lxd/ownership.ts";

describe("keys of instances", () => {
  it("have the names that instances of earlier versions carry", () => {
    expect(Object.values(KEYS)).to.deep.equal([
      "user.github-runner.owner",
      "user.github-runner.role",
      "user.github-runner.kind",
      "user.github-runner.place",
      "user.github-runner.phase",
      "user.github-runner.taken-at",
      "user.github-runner.deadline",
      "user.github-runner.doubtful-since",
      "user.github-runner.busy-since",
      "user.github-runner.recipe",
      "user.github-runner.image",
      "user.github-runner.built-at",
      "user.github-runner.programs",
    ]);
  });
});
