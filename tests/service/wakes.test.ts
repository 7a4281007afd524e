import { expect } from "chai";
import { systemClock } from "charm-kit";
import { Wakes } from "../../src/service/wakes.ts";
import { rejection } from "../support/rejection.ts";

const signal = () => AbortSignal.timeout(5000);

describe("Wakes", () => {
  it("tells reasons that come within a moment of each other as one wake", async () => {
    const wakes = new Wakes(systemClock);
    const next = wakes.next(60_000, signal());
    wakes.wake("instance");
    wakes.wake("instance");
    setTimeout(() => {
      wakes.wake("settings");
    }, 20);
    expect([...(await next)]).to.deep.equal(["instance", "settings"]);
  });

  it("measures the moment at 50 ms from the first reason, however many follow", async () => {
    let now = 0;
    const timers: { readonly at: number; readonly fire: () => void }[] = [];
    const clock = {
      now: () => now,
      wait: (delayMs: number) =>
        new Promise<void>((resolve) => timers.push({ at: now + delayMs, fire: resolve })),
    };
    const pass = async (milliseconds: number) => {
      now += milliseconds;
      for (const timer of timers.splice(0)) {
        if (timer.at <= now) timer.fire();
        else timers.push(timer);
      }
      await new Promise(setImmediate);
    };
    const wakes = new Wakes(clock);
    const told: { readonly at: number; readonly why: readonly string[] }[] = [];
    const follow = async () => {
      for (;;) told.push({ why: [...(await wakes.next(600_000, signal()))], at: now });
    };
    void follow();
    await pass(1000);
    for (let at = 0; at < 100; at += 10) {
      wakes.wake(at < 50 ? "instance" : "settings");
      await pass(0);
      await pass(10);
    }
    await pass(100);
    expect(told).to.deep.equal([
      { at: 1050, why: ["instance"] },
      { at: 1100, why: ["settings"] },
    ]);
  });

  it("keeps a reason that comes while nobody waits", async () => {
    const wakes = new Wakes(systemClock);
    wakes.wake("request");
    expect([...(await wakes.next(60_000, signal()))]).to.deep.equal(["request"]);
    wakes.wake("instance");
    expect([...(await wakes.next(60_000, signal()))]).to.deep.equal(["instance"]);
  });

  it("interrupts what can wait, until the reason is told", async () => {
    const wakes = new Wakes(systemClock);
    const { interruption } = wakes;
    expect(interruption.aborted).to.equal(false);
    wakes.wake("instance");
    expect(interruption.aborted).to.equal(true);
    await wakes.next(60_000, signal());
    expect(wakes.interruption.aborted).to.equal(false);
  });

  it("tells those who follow it of each reason at once, and keeps it for the next turn", async () => {
    const wakes = new Wakes(systemClock);
    const heard: string[] = [];
    const leave = wakes.follow((reason) => heard.push(reason));
    wakes.wake("instance");
    wakes.wake("instance");
    expect(heard).to.deep.equal(["instance", "instance"]);
    leave();
    wakes.wake("demand");
    expect(heard).to.have.length(2);
    expect([...(await wakes.next(60_000, signal()))]).to.deep.equal(["instance", "demand"]);
  });

  it("wakes by itself after the interval", async () => {
    expect([...(await new Wakes(systemClock).next(10, signal()))]).to.deep.equal(["interval"]);
  });

  it("does not tell the interval of an earlier wait", async () => {
    const wakes = new Wakes(systemClock);
    wakes.wake("instance");
    await wakes.next(60, signal());
    expect([...(await wakes.next(200, signal()))]).to.deep.equal(["interval"]);
    const late = wakes.next(60_000, AbortSignal.timeout(100));
    expect((await rejection(late)).name).to.equal("TimeoutError");
  });

  it("ends with its signal", async () => {
    const ended = AbortSignal.abort(new Error("the service stops"));
    expect(await rejection(new Wakes(systemClock).next(60_000, ended))).to.have.property(
      "message",
      "the service stops",
    );
  });
});
