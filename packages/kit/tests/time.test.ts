import { expect } from "chai";
import sinon from "sinon";
import { isRecent, systemClock } from "../src/clock.ts";
import { DeadlineError, orAborted, withDeadline } from "../src/deadline.ts";

const START = Date.UTC(2026, 0, 1);
const unaborted = () => new AbortController().signal;

/** Work that nobody ends but its signal. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => {
      reject(signal.reason as Error);
    });
  });
}

/** How a promise ends, or that it has not ended. */
function outcomeOf(promise: Promise<unknown>): { current: unknown } {
  const outcome = { current: "pending" as unknown };
  promise.then(
    (value: unknown) => (outcome.current = value),
    (thrown: unknown) => (outcome.current = thrown),
  );
  return outcome;
}

let clock: sinon.SinonFakeTimers;

function useFakeTime(): void {
  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: START, toFake: ["setTimeout", "clearTimeout", "Date"] });
  });

  afterEach(() => {
    clock.restore();
  });
}

describe("systemClock", () => {
  useFakeTime();

  it("tells the time in milliseconds since the Unix epoch", async () => {
    await clock.tickAsync(1500);
    expect(systemClock.now()).to.equal(START + 1500);
  });

  it("waits as long as it is told, and no longer", async () => {
    const waited = outcomeOf(systemClock.wait(1000, unaborted()).then(() => "done"));
    await clock.tickAsync(999);
    expect(waited.current).to.equal("pending");
    await clock.tickAsync(1);
    expect(waited.current).to.equal("done");
  });

  it("ends a wait with the signal's reason as soon as it is aborted, and leaves no timer", async () => {
    const abort = new AbortController();
    const waited = outcomeOf(systemClock.wait(1000, abort.signal));
    const reason = new Error("the unit is stopping");
    abort.abort(reason);
    await clock.tickAsync(0);
    expect(waited.current).to.equal(reason);
    expect(clock.countTimers()).to.equal(0);
  });

  it("does not begin to wait for an aborted signal", async () => {
    const reason = new Error("the unit is stopping");
    const waited = outcomeOf(systemClock.wait(1000, AbortSignal.abort(reason)));
    await clock.tickAsync(0);
    expect(waited.current).to.equal(reason);
    expect(clock.countTimers()).to.equal(0);
  });
});

describe("withDeadline()", () => {
  useFakeTime();

  it("gives what the work gives, and leaves no timer", async () => {
    expect(await withDeadline("work", 1000, unaborted(), () => Promise.resolve("done"))).to.equal("done");
    expect(clock.countTimers()).to.equal(0);
  });

  it("throws what the work throws, and leaves no timer", async () => {
    const fault = new Error("no");
    const outcome = outcomeOf(withDeadline("work", 1000, unaborted(), () => Promise.reject(fault)));
    await clock.tickAsync(0);
    expect(outcome.current).to.equal(fault);
    expect(clock.countTimers()).to.equal(0);
  });

  it("ends the work at the limit, with an error that tells what took too long", async () => {
    const outcome = outcomeOf(withDeadline("reach LXD", 1500, unaborted(), untilAborted));
    await clock.tickAsync(1499);
    expect(outcome.current).to.equal("pending");
    await clock.tickAsync(1);
    expect(outcome.current).to.be.instanceOf(DeadlineError).and.include({
      code: "deadline",
      action: "reach LXD",
      limitMs: 1500,
      message: "Cannot reach LXD: no answer within 1.5 seconds",
    });
  });

  it("says that it was the limit when the work replaces the reason", async () => {
    const work = (signal: AbortSignal) =>
      untilAborted(signal).catch(() => {
        throw new Error("socket hang up");
      });
    const outcome = outcomeOf(withDeadline("reach LXD", 1000, unaborted(), work));
    await clock.tickAsync(1000);
    expect(outcome.current).to.be.instanceOf(DeadlineError);
  });

  it("says that it was the caller when the caller gave up", async () => {
    const abort = new AbortController();
    const reason = new Error("the unit is stopping");
    const outcome = outcomeOf(withDeadline("reach LXD", 1000, abort.signal, untilAborted));
    abort.abort(reason);
    await clock.tickAsync(0);
    expect(outcome.current).to.equal(reason);
    expect(clock.countTimers()).to.equal(0);
  });

  it("says that it was the caller although the limit passes while the work winds down", async () => {
    const abort = new AbortController();
    const reason = new Error("the unit is stopping");
    const work = async (signal: AbortSignal) => {
      try {
        await untilAborted(signal);
      } finally {
        await systemClock.wait(2000, unaborted());
      }
    };
    const outcome = outcomeOf(withDeadline("reach LXD", 1000, abort.signal, work));
    abort.abort(reason);
    await clock.tickAsync(2000);
    expect(outcome.current).to.equal(reason);
  });

  it("names the inner limit when limits are nested", async () => {
    const inner = (signal: AbortSignal) => withDeadline("ask", 500, signal, untilAborted);
    const outcome = outcomeOf(withDeadline("do all", 1000, unaborted(), inner));
    await clock.tickAsync(500);
    expect(outcome.current).to.be.instanceOf(DeadlineError).and.include({ action: "ask" });
  });

  it("names the outer limit when it comes first", async () => {
    const inner = (signal: AbortSignal) => withDeadline("ask", 5000, signal, untilAborted);
    const outcome = outcomeOf(withDeadline("do all", 1000, unaborted(), inner));
    await clock.tickAsync(1000);
    expect(outcome.current).to.be.instanceOf(DeadlineError).and.include({ action: "do all" });
  });
});

describe("orAborted()", () => {
  const reason = new Error("the unit is stopping");
  const never = new Promise<never>(() => undefined);

  it("gives what the work gives, and throws what it throws", async () => {
    expect(await orAborted(Promise.resolve("done"), unaborted())).to.equal("done");
    const fault = new Error("no");
    expect(await orAborted(Promise.reject(fault), unaborted()).catch((thrown: unknown) => thrown)).to.equal(
      fault,
    );
  });

  it("throws the signal's reason as soon as it is aborted, whatever the work does", async () => {
    const abort = new AbortController();
    const outcome = outcomeOf(orAborted(never, abort.signal));
    await Promise.resolve();
    expect(outcome.current).to.equal("pending");
    abort.abort(reason);
    await new Promise(setImmediate);
    expect(outcome.current).to.equal(reason);
  });

  it("throws the signal's reason when it is aborted before", async () => {
    const thrown = await orAborted(never, AbortSignal.abort(reason)).catch((error: unknown) => error);
    expect(thrown).to.equal(reason);
  });

  it("leaves no failure of the work that nobody handles, which would end the process", async () => {
    const unhandled: unknown[] = [];
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", (thrown) => unhandled.push(thrown));
    try {
      const work = Promise.reject(new Error("too late"));
      await orAborted(work, AbortSignal.abort(reason)).catch(() => undefined);
      for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const listener of others) process.on("unhandledRejection", listener);
    }
    expect(unhandled).to.deep.equal([]);
  });
});

describe("isRecent()", () => {
  for (const [what, at, holds] of [
    ["a time less than so long ago", START - 9, true],
    ["now", START, true],
    ["a time just so long ago", START - 10, false],
    ["a time before the clock was set back", START + 1, false],
    ["never", undefined, false],
  ] as const) {
    it(`${holds ? "holds for" : "does not hold for"} ${what}`, () => {
      expect(isRecent(at, { now: START, withinMs: 10 })).to.equal(holds);
    });
  }
});
