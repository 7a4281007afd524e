import { expect } from "chai";
import type { JsonObject, JsonValue, StateBackend, StateSlot } from "../../src/index.ts";
import { StoredState, StoredStateError } from "../../src/index.ts";

/** Keeps the slots in memory. */
class MemoryBackend implements StateBackend {
  slots: JsonObject;

  constructor(slots: JsonObject = {}) {
    this.slots = slots;
  }

  async read(): Promise<JsonObject> {
    return Promise.resolve(this.slots);
  }

  async write(slots: JsonObject): Promise<void> {
    this.slots = slots;
    return Promise.resolve();
  }
}

const strings = (stored: JsonValue | undefined): readonly string[] =>
  Array.isArray(stored) ? stored.filter((item) => typeof item === "string") : [];

/** A list of hosts. Version 1 was a string, and version 2 an object with one host. */
const hosts: StateSlot<readonly string[]> = {
  name: "hosts",
  version: 3,
  migrate: (from, value) => {
    if (from === 1) return [value];
    const { host } = value as { readonly host: string };
    return [host];
  },
  parse: strings,
};
const older: StateSlot<{ readonly host: string }> = {
  name: "hosts",
  version: 2,
  parse: (stored) => stored as { readonly host: string },
};

describe("StateSlot", () => {
  it("migrates a value from its version, which defaults to 1", async () => {
    expect(await new StoredState(new MemoryBackend({ hosts: "a" })).read(hosts)).to.deep.equal(["a"]);
    const backend = new MemoryBackend();
    const before = new StoredState(backend);
    await before.write(older, { host: "b" });
    await before.commit();
    expect(await new StoredState(backend).read(hosts)).to.deep.equal(["b"]);
  });

  it("migrates neither a value of its own version nor an absent one", async () => {
    const backend = new MemoryBackend();
    const state = new StoredState(backend);
    expect(await state.read(hosts)).to.deep.equal([]);
    await state.write(hosts, ["a", "b"]);
    await state.commit();
    expect(backend.slots).to.deep.equal({ hosts: ["a", "b"], "#versions": { hosts: 3 } });
    expect(await new StoredState(backend).read(hosts)).to.deep.equal(["a", "b"]);
  });

  it("keeps the old form in storage until the value is written", async () => {
    const backend = new MemoryBackend({ hosts: "a" });
    const state = new StoredState(backend);
    await state.read(hosts);
    await state.commit();
    expect(backend.slots).to.deep.equal({ hosts: "a" });
    await state.write(hosts, await state.read(hosts));
    await state.commit();
    expect(backend.slots).to.deep.equal({ hosts: ["a"], "#versions": { hosts: 3 } });
  });

  it("refuses a value of a newer version, with both versions in the message", async () => {
    const backend = new MemoryBackend({ hosts: { byName: {} }, "#versions": { hosts: 4 } });
    const thrown = await new StoredState(backend).read(hosts).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(StoredStateError).with.property("path", "hosts");
    expect(thrown).to.have.property("message").that.includes("version 4").and.includes("version 3");
  });

  it("removes the stored version when the slot returns to version 1", async () => {
    const backend = new MemoryBackend({ hosts: ["a"], "#versions": { hosts: 3 } });
    const state = new StoredState(backend);
    await state.write({ name: "hosts", parse: strings }, ["b"]);
    await state.commit();
    expect(backend.slots).to.deep.equal({ hosts: ["b"] });
  });

  it("stores the value from the time of the write", async () => {
    const backend = new MemoryBackend();
    const state = new StoredState(backend);
    const list = ["a"];
    await state.write(hosts, list);
    list.push("b");
    await state.commit();
    expect(backend.slots["hosts"]).to.deep.equal(["a"]);
  });

  it("refuses a value that JSON cannot hold or would change", async () => {
    const state = new StoredState(new MemoryBackend());
    const loop: unknown[] = [];
    loop.push(loop);
    const changed = [Number.NaN, new Map([["a", 1]]), { all: new Set(["a"]) }, [new Date(0)], [undefined]];
    for (const value of [loop, undefined, 3n, ...changed]) {
      const thrown = await state.write(hosts, value as never).catch((error: unknown) => error);
      expect(thrown).to.be.instanceOf(StoredStateError).with.property("path", "hosts");
    }
  });
});
