import { expect } from "chai";
import { silentLogger } from "charm-kit";
import { followInstances } from "../../src/service/follow-instances.ts";
import type { InstanceChange } from "../../src/service/ports.ts";
import { rejection } from "../support/rejection.ts";

/** Streams of events, one for each connection; after the last one, LXD does not answer. */
class Streams {
  readonly wakes: string[] = [];
  readonly pauses: number[] = [];
  readonly #streams: readonly (readonly InstanceChange[] | "refused")[];
  /** How long each connection lasts, in milliseconds. */
  lastsMs = 60_000;
  #connections = 0;
  #now = 0;

  constructor(...streams: readonly (readonly InstanceChange[] | "refused")[]) {
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

  it("has everything looked at after each new connection, since LXD repeats no event", async () => {
    const streams = new Streams([], []);
    await streams.follow();
    expect(streams.wakes).to.deep.equal(["reconnected", "reconnected"]);
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
