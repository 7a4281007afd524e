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

/** A list of hosts, which was one host in version 1, and one host in a member in version 2. */
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
  it("has a value of an older version migrated from that version, the first one having no note of it", async () => {
    expect(await new StoredState(new MemoryBackend({ hosts: "a" })).read(hosts)).to.deep.equal(["a"]);
    const backend = new MemoryBackend();
    const before = new StoredState(backend);
    await before.write(older, { host: "b" });
    await before.commit();
    expect(await new StoredState(backend).read(hosts)).to.deep.equal(["b"]);
  });

  it("migrates nothing that is of its version, or not there", async () => {
    const backend = new MemoryBackend();
    const state = new StoredState(backend);
    expect(await state.read(hosts)).to.deep.equal([]);
    await state.write(hosts, ["a", "b"]);
    await state.commit();
    expect(backend.slots).to.deep.equal({ hosts: ["a", "b"], "#versions": { hosts: 3 } });
    expect(await new StoredState(backend).read(hosts)).to.deep.equal(["a", "b"]);
  });

  it("keeps what it reads in its old form until it is written", async () => {
    const backend = new MemoryBackend({ hosts: "a" });
    const state = new StoredState(backend);
    await state.read(hosts);
    await state.commit();
    expect(backend.slots).to.deep.equal({ hosts: "a" });
    await state.write(hosts, await state.read(hosts));
    await state.commit();
    expect(backend.slots).to.deep.equal({ hosts: ["a"], "#versions": { hosts: 3 } });
  });

  it("refuses a value that a newer charm wrote, and says so", async () => {
    const backend = new MemoryBackend({ hosts: { byName: {} }, "#versions": { hosts: 4 } });
    const thrown = await new StoredState(backend).read(hosts).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(StoredStateError).with.property("path", "hosts");
    expect(thrown).to.have.property("message").that.includes("version 4").and.includes("version 3");
  });

  it("forgets the note of a version when the slot is back at the first one", async () => {
    const backend = new MemoryBackend({ hosts: ["a"], "#versions": { hosts: 3 } });
    const state = new StoredState(backend);
    await state.write({ name: "hosts", parse: strings }, ["b"]);
    await state.commit();
    expect(backend.slots).to.deep.equal({ hosts: ["b"] });
  });

  it("remembers a value as it was when it was written", async () => {
    const backend = new MemoryBackend();
    const state = new StoredState(backend);
    const list = ["a"];
    await state.write(hosts, list);
    list.push("b");
    await state.commit();
    expect(backend.slots["hosts"]).to.deep.equal(["a"]);
  });

  it("refuses what JSON cannot hold", async () => {
    const state = new StoredState(new MemoryBackend());
    const loop: unknown[] = [];
    loop.push(loop);
    for (const value of [loop, undefined, 3n]) {
      const thrown = await state.write(hosts, value as never).catch((error: unknown) => error);
      expect(thrown).to.be.instanceOf(StoredStateError).with.property("path", "hosts");
    }
  });

  it("goes back to a savepoint", async () => {
    const backend = new MemoryBackend({ hosts: "a" });
    const state = new StoredState(backend);
    const savepoint = await state.savepoint();
    await state.write(hosts, ["b"]);
    state.restore(savepoint);
    expect(await state.read(hosts)).to.deep.equal(["a"]);
    await state.commit();
    expect(backend.slots).to.deep.equal({ hosts: "a" });
  });
});
