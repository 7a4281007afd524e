import { expect } from "chai";
import { silentLogger } from "charm-kit";
import { followInstances, SETTLING_MS } from "../../src/service/follow-instances.ts";
import type { UnitChange } from "../../src/service/ports.ts";
import { rejection } from "../support/rejection.ts";

/** Streams of events, one for each connection; after the last one, LXD does not answer. */
class Streams {
  readonly wakes: string[] = [];
  readonly pauses: number[] = [];
  readonly #streams: readonly (readonly UnitChange[] | "refused")[];
  /** How long each connection lasts, in milliseconds. */
  lastsMs = 60_000;
  #connections = 0;
  #now = 0;

  constructor(...streams: readonly (readonly UnitChange[] | "refused")[]) {
    this.#streams = streams;
  }

  /** Follows until the streams are used up. */
  async follow(): Promise<void> {
    const stop = new AbortController();
    const ended = followInstances(
      {
        changes: {
          follow: (onOpen, onChange) => {
            const stream = this.#streams[this.#connections++];
            if (stream === undefined) {
              stop.abort(new Error("stop"));
              return Promise.reject(new Error("stopped"));
            }
            if (stream === "refused") return Promise.reject(new Error("LXD is not installed"));
            onOpen();
            for (const change of stream) onChange(change);
            this.#now += this.lastsMs;
            return Promise.reject(new Error("the connection is lost"));
          },
        },
        isOurs: (instance) => instance.startsWith("fleet-0-"),
        wake: (reason) => this.wakes.push(reason),
        clock: {
          now: () => this.#now,
          wait: (delayMs) => {
            this.pauses.push(delayMs);
            return Promise.resolve();
          },
        },
        log: silentLogger,
      },
      stop.signal,
    );
    expect((await rejection(ended)).message).to.equal("stop");
  }
}

const change = (action: string, instance = "fleet-0-a") => ({ action, instance });

describe("followInstances()", () => {
  it("wakes the loop when one of the unit's instances ends, and for no other change", async () => {
    const streams = new Streams([
      change("instance-started"),
      change("instance-deleted"),
      change("instance-shutdown"),
      change("instance-stopped"),
      change("instance-deleted", "somebody-elses"),
    ]);
    await streams.follow();
    expect(streams.wakes).to.deep.equal(["reconnected", "instance", "instance", "instance"]);
  });

  it("wakes the loop when the machine's member of a cluster is evacuated", async () => {
    const streams = new Streams([{ action: "Evacuating cluster member", member: "m1" }]);
    await streams.follow();
    expect(streams.wakes).to.deep.equal(["reconnected", "cluster"]);
  });

  it("wakes the loop when something changes that runners stand on, and once more for all that changes soon after", async () => {
    const wakes: string[] = [];
    const waits: { readonly delayMs: number; readonly pass: () => void }[] = [];
    const stop = new AbortController();
    let tell: (change: UnitChange) => void = () => undefined;
    const ended = followInstances(
      {
        changes: {
          follow: (_onOpen, onChange, signal) => {
            tell = onChange;
            return new Promise((_resolve, reject) => {
              signal.addEventListener("abort", () => {
                reject(signal.reason as Error);
              });
            });
          },
        },
        isOurs: () => true,
        wake: (reason) => wakes.push(reason),
        clock: {
          now: () => 0,
          wait: (delayMs) =>
            new Promise((resolve) => {
              waits.push({ delayMs, pass: resolve });
            }),
        },
        log: silentLogger,
      },
      stop.signal,
    );
    const settle = async () => {
      waits.pop()?.pass();
      await new Promise(setImmediate);
    };
    for (let turn = 0; turn < 100; turn += 1) tell({ action: "network-updated" });
    expect(wakes).to.deep.equal(["infrastructure"]);
    expect(waits[0]?.delayMs).to.equal(SETTLING_MS);
    await settle();
    expect(wakes).to.have.length(2);
    await settle();
    expect([wakes.length, waits.length]).to.deep.equal([2, 0]);
    tell({ action: "profile-updated" });
    expect(wakes).to.have.length(3);
    stop.abort(new Error("stop"));
    expect((await rejection(ended)).message).to.equal("stop");
  });

  it("has everything looked at after each new connection, since LXD repeats no event", async () => {
    const streams = new Streams([], []);
    await streams.follow();
    expect(streams.wakes).to.deep.equal(["reconnected", "reconnected"]);
  });

  it("has LXD looked at once for each loss of the connection, when the first attempt to make it again fails", async () => {
    const streams = new Streams("refused", [], "refused", "refused", "refused", [], "refused", []);
    await streams.follow();
    // The round of the start tells of an LXD that has been away since then.
    expect(streams.wakes).to.deep.equal([
      "reconnected",
      "disconnected",
      "reconnected",
      "disconnected",
      "reconnected",
    ]);
  });

  it("waits longer for each attempt that fails, up to half a minute, and anew after a connection that lasts", async () => {
    const refused = Array.from({ length: 9 }, () => "refused" as const);
    const streams = new Streams(...refused, [], "refused");
    await streams.follow();
    expect(streams.pauses.map((pause) => pause / 1000)).to.deep.equal([
      0.25, 0.5, 1, 2, 4, 8, 16, 30, 30, 0.25, 0.5,
    ]);
  });

  it("waits longer for each connection that does not last", async () => {
    const streams = new Streams([], [], [], []);
    streams.lastsMs = 59_000;
    await streams.follow();
    expect(streams.pauses.map((pause) => pause / 1000)).to.deep.equal([0.25, 0.5, 1, 2]);
  });
});
