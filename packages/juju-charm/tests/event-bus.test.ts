import { expect } from "chai";
import { EventBus } from "../src/events/event-bus.ts";

interface Kinds {
  readonly "runner-gone": { readonly runner: string };
}

/** Resolves after some turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
}

describe("EventBus", () => {
  it("emit() awaits each handler before it calls the next, in the order of registration", async () => {
    const bus = new EventBus<Kinds>();
    const seen: string[] = [];
    bus.on("runner-gone", async ({ runner }) => {
      seen.push("slow begins");
      await turns(3);
      seen.push(`slow ends with ${runner}`);
    });
    bus.on("runner-gone", () => void seen.push("quick"));
    await bus.emit("runner-gone", { runner: "a-1" });
    expect(seen).to.deep.equal(["slow begins", "slow ends with a-1", "quick"]);
  });

  for (const [title, thrower] of [
    ["rejects", () => Promise.resolve().then(() => Promise.reject(new Error("broken")))],
    [
      "throws synchronously",
      () => {
        throw new Error("broken");
      },
    ],
  ] as const) {
    it(`emit() rejects with the error of a handler that ${title}, and calls no later one`, async () => {
      const bus = new EventBus<Kinds>();
      const seen: string[] = [];
      bus.on("runner-gone", () => void seen.push("first"));
      bus.on("runner-gone", thrower);
      bus.on("runner-gone", () => void seen.push("later"));
      const thrown: unknown = await bus
        .emit("runner-gone", { runner: "a-1" })
        .catch((error: unknown) => error);
      expect(thrown).to.be.an("error").with.property("message", "broken");
      expect(seen).to.deep.equal(["first"]);
    });
  }

  it("emit() never calls a removed handler again, but still calls all handlers that were registered at its start", async () => {
    const bus = new EventBus<Kinds>();
    const seen: string[] = [];
    const off = bus.on("runner-gone", () => {
      seen.push("first");
      off();
    });
    bus.on("runner-gone", () => void seen.push("second"));
    await bus.emit("runner-gone", { runner: "a-1" });
    await bus.emit("runner-gone", { runner: "a-1" });
    expect(seen).to.deep.equal(["first", "second", "second"]);
  });

  it("has() returns whether the kind has a handler", () => {
    const bus = new EventBus<Kinds>();
    expect(bus.has("runner-gone")).to.equal(false);
    const off = bus.on("runner-gone", () => undefined);
    expect(bus.has("runner-gone")).to.equal(true);
    off();
    expect(bus.has("runner-gone")).to.equal(false);
  });

  it("emit() accepts only events of the right type", async () => {
    const bus = new EventBus<Kinds>();
    const seen: unknown[] = [];
    bus.on("runner-gone", (event) => void seen.push(event));
    // @ts-expect-error: "runner-gone" needs the runner's name
    await bus.emit("runner-gone", {});
    expect(seen).to.deep.equal([{}]);
  });
});
