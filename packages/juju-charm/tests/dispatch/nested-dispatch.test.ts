import { expect } from "chai";
import { JujuContextError } from "../../src/index.ts";
import { assertFirstDispatch, markDispatch } from "../../src/dispatch/nested-dispatch.ts";

describe("A dispatch within a dispatch", () => {
  it("is refused: it would write over the state of the one that runs", () => {
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

  it("is none when Juju starts another hook from an environment that was marked before", () => {
    const children: Record<string, string | undefined> = {};
    markDispatch(children, { JUJU_CONTEXT_ID: "a-0-install-1" });
    expect(() => {
      assertFirstDispatch({ ...children, JUJU_CONTEXT_ID: "a-0-start-2" });
    }).not.to.throw();
  });
});
