import { expect } from "chai";
import { systemClock } from "charm-kit";
import { LONGEST_REPLANNING_MS, RoundReplanReasons } from "../../src/service/round-replan-reasons.ts";
import { Wakes, type Wake } from "../../src/service/wakes.ts";
import { rejection } from "../support/rejection.ts";

const signal = () => AbortSignal.timeout(5000);

/** Reasons of a round that has begun, with time that only the test moves, but for the moment in which reasons are one. */
class Fixture {
  now = 0;
  readonly clock = {
    now: () => this.now,
    wait: (delayMs: number, limited: AbortSignal) =>
      systemClock.wait(delayMs <= 50 ? 0 : this.#isOver ? 0 : 2 ** 30, limited),
  };
  readonly wakes = new Wakes(this.clock);
  readonly reasons = new RoundReplanReasons({
    wakes: this.wakes,
    clock: this.clock,
    observed: () => undefined,
  });
  #isOver = false;

  /** Lets the time run out, also for a wait that begins now. */
  pass(milliseconds: number): void {
    this.now += milliseconds;
    this.#isOver = true;
  }
}

describe("RoundReplanReasons", () => {
  it("lets a round plan again when an instance has ended or the demand has changed, each time", async () => {
    const { reasons, wakes } = new Fixture();
    for (const reason of ["instance", "demand", "instance"] as const) {
      const next = reasons.next(signal());
      wakes.wake(reason);
      expect(await next, reason).to.equal(true);
    }
  });

  it("knows of a reason that came before it is asked", async () => {
    const { reasons, wakes } = new Fixture();
    wakes.wake("instance");
    expect(await reasons.next(signal())).to.equal(true);
  });

  it("leaves each reason to the loop's next turn as well", async () => {
    const { reasons, wakes } = new Fixture();
    wakes.wake("instance");
    await reasons.next(signal());
    expect(wakes.interruption.aborted).to.equal(true);
    expect([...(await wakes.next(60_000, signal()))]).to.deep.equal(["instance"]);
  });

  it("lets the round come to its end for anything else", async () => {
    const others: readonly Wake[] = [
      ...(["infrastructure", "cluster", "settings", "request", "runners"] as const),
      ...(["interval", "retry", "disconnected", "reconnected", "start"] as const),
    ];
    for (const reason of others) {
      const { reasons, wakes } = new Fixture();
      wakes.wake("instance");
      wakes.wake(reason);
      expect(await reasons.next(signal()), reason).to.equal(false);
    }
  });

  it("lets the round come to its end after two minutes, whatever comes then", async () => {
    const fixture = new Fixture();
    fixture.pass(LONGEST_REPLANNING_MS - 1);
    expect(await fixture.reasons.next(signal())).to.equal(false);
    fixture.pass(1);
    fixture.wakes.wake("instance");
    expect(await fixture.reasons.next(signal())).to.equal(false);
  });

  it("ends its wait with the signal, and hears nothing once it is closed", async () => {
    const { reasons, wakes } = new Fixture();
    const ended = AbortSignal.abort(new Error("the service stops"));
    expect(await rejection(reasons.next(ended))).to.have.property("message", "the service stops");
    reasons.close();
    wakes.wake("instance");
    expect((await rejection(reasons.next(AbortSignal.timeout(20)))).name).to.equal("TimeoutError");
  });
});
