import { expect } from "chai";
import { rejection } from "../support/rejection.ts";
import { SharedWork } from "../../src/github/shared-work.ts";
import { never } from "./support.ts";

describe("SharedWork", () => {
  /** Work that a test ends; each start is noted with its signal. */
  class Work {
    readonly signals: AbortSignal[] = [];
    readonly #ends: ((value: string | Error) => void)[] = [];
    readonly run = (signal: AbortSignal): Promise<string> => {
      this.signals.push(signal);
      return new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => {
          reject(signal.reason as Error);
        });
        this.#ends.push((value) => {
          if (value instanceof Error) reject(value);
          else resolve(value);
        });
      });
    };
    end(value: string | Error): void {
      this.#ends.shift()?.(value);
    }
  }

  it("is done once for callers that wait at the same time", async () => {
    const [shared, work] = [new SharedWork<string>(), new Work()];
    const results = [shared.run(work.run, never), shared.run(work.run, never)];
    work.end("done");
    expect(await Promise.all(results)).to.deep.equal(["done", "done"]);
    expect(work.signals).to.have.length(1);
  });

  it("fails for all of them alike, and starts again for the next caller", async () => {
    const [shared, work] = [new SharedWork<string>(), new Work()];
    const failure = new Error("GitHub is down");
    const failures = [shared.run(work.run, never), shared.run(work.run, never)].map(rejection);
    work.end(failure);
    expect(await Promise.all(failures)).to.deep.equal([failure, failure]);
    const next = shared.run(work.run, never);
    work.end("done");
    expect(await next).to.equal("done");
    expect(work.signals).to.have.length(2);
  });

  it("goes on for the others when one caller gives up", async () => {
    const [shared, work] = [new SharedWork<string>(), new Work()];
    const first = new AbortController();
    const failure = rejection(shared.run(work.run, first.signal));
    const second = shared.run(work.run, never);
    const reason = new Error("the instance did not start");
    first.abort(reason);
    expect(await failure).to.equal(reason);
    expect(work.signals[0]?.aborted).to.equal(false);
    work.end("done");
    expect(await second).to.equal("done");
  });

  it("is aborted when the last caller gives up, and starts again for the next one", async () => {
    const [shared, work] = [new SharedWork<string>(), new Work()];
    const callers = [new AbortController(), new AbortController()];
    const failures = callers.map(({ signal }) => rejection(shared.run(work.run, signal)));
    const reason = new Error("the unit stops");
    for (const caller of callers) caller.abort(reason);
    expect(await Promise.all(failures)).to.deep.equal([reason, reason]);
    expect(work.signals[0]?.reason).to.equal(reason);
    const next = shared.run(work.run, never);
    expect(work.signals).to.have.length(2);
    work.end("ignored");
    work.end("done");
    expect(await next).to.equal("done");
  });

  it("does not start for a caller whose signal is aborted", async () => {
    const [shared, work] = [new SharedWork<string>(), new Work()];
    const reason = new Error("the unit stops");
    expect(await rejection(shared.run(work.run, AbortSignal.abort(reason)))).to.equal(reason);
    expect(work.signals).to.have.length(0);
  });
});
