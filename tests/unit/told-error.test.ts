import { expect } from "chai";
import { ConditionError } from "charm-kit";
import { LxdUnreachableError } from "lxd-client";
import { BadCredentialsError } from "../../src/github/errors.ts";
import { RunnerCreateError } from "../../src/runners/errors.ts";
import { heardError, tellError, type ToldError } from "../../src/unit/told-error.ts";

const heard = (thrown: unknown) => heardError(JSON.parse(JSON.stringify(tellError(thrown))) as ToldError);

describe("heardError()", () => {
  it("has the code, the remedy, the title and the causes of the error that was told", () => {
    const cause = new BadCredentialsError("register a runner", {});
    const error = heard(new RunnerCreateError("a", "it failed", { cause }));
    expect(error).to.be.instanceOf(ConditionError).and.to.include({ code: "runner-create", remedy: "retry" });
    expect(error.cause).to.include({
      code: "github-bad-credentials",
      remedy: "person",
      title: "Invalid token",
      checkedBy: cause.checkedBy,
      message: cause.message,
    });
  });

  it("has why LXD cannot be reached, which its status depends on", () => {
    const error = heard(new LxdUnreachableError("list", "lost", "/s"));
    expect(error).to.include({ code: "lxd-unreachable", reason: "lost" });
  });

  it("has the text of anything else", () => {
    expect(heard(new TypeError("x")).message).to.equal("x");
    expect(heard("text").message).to.equal("text");
  });
});

describe("tellError()", () => {
  it("is bounded, whatever LXD says and however long the chain of causes is", () => {
    const loop = new Error("x".repeat(100_000));
    loop.cause = loop;
    expect(JSON.stringify(tellError(loop)).length).to.be.below(50_000);
  });
});
