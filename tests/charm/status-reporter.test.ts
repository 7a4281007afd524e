import { expect } from "chai";
import { StatusReporter } from "../../src/charm/status-reporter.ts";
import type { Status } from "juju-charm";

/** A hook tool whose calls end when the test says so. */
class SlowTool {
  readonly shown: string[] = [];
  readonly #waiting: PromiseWithResolvers<undefined>[] = [];

  show = ({ message }: Status): Promise<undefined> => {
    this.shown.push(message);
    const call = Promise.withResolvers<undefined>();
    this.#waiting.push(call);
    return call.promise;
  };

  end(): void {
    this.#waiting.shift()?.resolve(undefined);
  }

  fail(): void {
    this.#waiting.shift()?.reject(new Error("status-set failed"));
  }
}

const step = (message: string): Status => ({ name: "maintenance", message });
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("StatusReporter", () => {
  it("sets a status at once", () => {
    const tool = new SlowTool();
    new StatusReporter(tool.show).report(step("one"));
    expect(tool.shown).to.deep.equal(["one"]);
  });

  it("skips statuses that are outdated while one is being set", async () => {
    const tool = new SlowTool();
    const reporter = new StatusReporter(tool.show);
    for (const message of ["one", "two", "three"]) reporter.report(step(message));
    tool.end();
    await turn();
    expect(tool.shown).to.deep.equal(["one", "three"]);
  });

  it("sets one status at a time, in order", async () => {
    const tool = new SlowTool();
    const reporter = new StatusReporter(tool.show);
    reporter.report(step("one"));
    reporter.report(step("two"));
    await turn();
    expect(tool.shown).to.deep.equal(["one"]);
    tool.end();
    await turn();
    reporter.report(step("three"));
    tool.end();
    await turn();
    expect(tool.shown).to.deep.equal(["one", "two", "three"]);
  });

  it("settles when the last status is set", async () => {
    const tool = new SlowTool();
    const reporter = new StatusReporter(tool.show);
    reporter.report(step("one"));
    reporter.report(step("two"));
    let settled = false;
    const settling = reporter.settle().then(() => {
      settled = true;
    });
    tool.end();
    await turn();
    expect(settled).to.equal(false);
    tool.end();
    await settling;
    expect(tool.shown).to.deep.equal(["one", "two"]);
  });

  it("settles at once when nothing was reported", async () => {
    await new StatusReporter(new SlowTool().show).settle();
  });

  it("continues after a status that could not be set", async () => {
    const tool = new SlowTool();
    const reporter = new StatusReporter(tool.show);
    reporter.report(step("one"));
    reporter.report(step("two"));
    tool.fail();
    await turn();
    tool.end();
    await reporter.settle();
    reporter.report(step("three"));
    expect(tool.shown).to.deep.equal(["one", "two", "three"]);
  });
});
