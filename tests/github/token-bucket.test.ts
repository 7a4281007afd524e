import { expect } from "chai";
import { TokenBucket } from "../../src/github/token-bucket.ts";
import { never } from "./support.ts";

/** Time that passes only by waiting; the waits are kept. */
class WaitingClock {
  readonly waits: number[] = [];
  #now = 0;

  now(): number {
    return this.#now;
  }

  pass(delayMs: number): void {
    this.#now += delayMs;
  }

  wait(delayMs: number, signal: AbortSignal): Promise<void> {
    this.waits.push(delayMs);
    return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
  }
}

describe("TokenBucket", () => {
  const take = async (bucket: TokenBucket, times: number) => {
    for (let count = 0; count < times; count += 1) await bucket.take(never);
  };

  it("lets a burst pass and spaces what follows", async () => {
    const clock = new WaitingClock();
    await take(new TokenBucket({ burst: 20, perSecond: 2 }, clock), 23);
    expect(clock.waits).to.deep.equal([500, 1000, 1500]);
  });

  it("earns what it gave out again, up to a burst", async () => {
    const clock = new WaitingClock();
    const bucket = new TokenBucket({ burst: 2, perSecond: 2 }, clock);
    await take(bucket, 2);
    clock.pass(500);
    await take(bucket, 2);
    expect(clock.waits).to.deep.equal([500]);
    clock.pass(60_000);
    await take(bucket, 3);
    expect(clock.waits).to.deep.equal([500, 500]);
  });

  it("gives the place of one that was aborted to the next", async () => {
    const clock = new WaitingClock();
    const bucket = new TokenBucket({ burst: 1, perSecond: 1 }, clock);
    await bucket.take(never);
    const caller = new AbortController();
    clock.wait = (delayMs, signal) => {
      clock.waits.push(delayMs);
      caller.abort(new Error("the unit stops"));
      return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
    };
    const outcome = await bucket.take(caller.signal).then(
      () => "passed",
      (reason: unknown) => String(reason),
    );
    expect(outcome).to.equal("Error: the unit stops");
    await bucket.take(never);
    expect(clock.waits).to.deep.equal([1000, 1000]);
  });

  it("survives a clock that is set back", async () => {
    const clock = new WaitingClock();
    const bucket = new TokenBucket({ burst: 1, perSecond: 1 }, clock);
    clock.pass(-60_000);
    await take(bucket, 2);
    expect(clock.waits).to.deep.equal([1000]);
  });
});
