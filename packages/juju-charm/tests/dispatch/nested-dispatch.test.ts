import { expect } from "chai";
import { JujuContextError } from "../../src/index.ts";
import { assertFirstDispatch, markDispatch } from "../../src/dispatch/nested-dispatch.ts";

describe("assertFirstDispatch()", () => {
  it("refuses a dispatch within a dispatch, which would overwrite the same state", () => {
    const env = { JUJU_CONTEXT_ID: "a-0-install-1" };
    const children: Record<string, string | undefined> = { ...env };
    expect(() => {
      assertFirstDispatch(children);
    }).not.to.throw();
    markDispatch(children, env);
    expect(() => {
      assertFirstDispatch(children);
    }).to.throw(JujuContextError, "belongs to a running dispatch");
  });

  it("accepts another hook in an environment with the mark of an earlier hook", () => {
    const children: Record<string, string | undefined> = {};
    markDispatch(children, { JUJU_CONTEXT_ID: "a-0-install-1" });
    expect(() => {
      assertFirstDispatch({ ...children, JUJU_CONTEXT_ID: "a-0-start-2" });
    }).not.to.throw();
  });
});
