import { expect } from "chai";
import { reportError } from "../src/dispatch/error-report.ts";
import { HookToolError } from "../src/index.ts";

describe("reportError()", () => {
  it("shows class, message, stack, causes and aggregated errors", () => {
    const part = new TypeError("second part");
    const cause = new AggregateError([new Error("first part"), part], "several things failed");
    const report = reportError(new HookToolError("config-get", { exitCode: 1 }, { cause }));
    expect(report).to.match(/^HookToolError: Cannot run config-get: it ended with code 1\n +at /);
    expect(report).to.include("\nCaused by: AggregateError: several things failed\n");
    expect(report).to.include("\nContains: Error: first part\n");
    expect(report).to.include("\nContains: TypeError: second part\n");
  });

  it("shows a value that is not an error as text", () => {
    expect(reportError("just words")).to.equal("just words");
    expect(reportError(undefined)).to.equal("undefined");
  });

  it("ends for errors that cause each other", () => {
    const one = new Error("one");
    one.cause = new Error("two", { cause: one });
    expect(reportError(one).split("Caused by").length).to.be.lessThan(20);
  });
});
