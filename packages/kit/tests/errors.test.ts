import { expect } from "chai";
import { DeadlineError } from "../src/deadline.ts";
import { CodedError, findCause, messageOf, withoutAction } from "../src/errors.ts";

class ExampleError extends CodedError {
  readonly code = "example";
}

describe("CodedError", () => {
  it("has the name of its class, a code and a cause", () => {
    const cause = new Error("below");
    const error = new ExampleError("Cannot go on: no road", { cause });
    expect(error).to.include({ name: "ExampleError", code: "example", cause });
    expect(String(error)).to.equal("ExampleError: Cannot go on: no road");
  });
});

describe("messageOf()", () => {
  it("is the message of an error, and the text of anything else", () => {
    expect([new Error("one"), "two", 3, undefined].map(messageOf)).to.deep.equal([
      "one",
      "two",
      "3",
      "undefined",
    ]);
  });
});

describe("findCause()", () => {
  const deadline = new DeadlineError("ask", 1000);

  it("finds an error itself, and one below it however deep", () => {
    expect(findCause(deadline, DeadlineError)).to.equal(deadline);
    const wrapped = new ExampleError("outer", { cause: new Error("middle", { cause: deadline }) });
    expect(findCause(wrapped, DeadlineError)).to.equal(deadline);
  });

  it("finds nothing where there is no such cause", () => {
    expect(findCause(new Error("alone"), DeadlineError)).to.equal(undefined);
    expect(findCause("not an error", DeadlineError)).to.equal(undefined);
    expect(findCause(new Error("outer", { cause: "text" }), DeadlineError)).to.equal(undefined);
  });
});

describe("withoutAction()", () => {
  it("is what a message says after its action, and the whole of one without an action", () => {
    expect(withoutAction("Cannot start 'a': no space: 0 bytes")).to.equal("no space: 0 bytes");
    expect(withoutAction("no space: 0 bytes")).to.equal("no space: 0 bytes");
  });
});
