import { expect } from "chai";
import { readdirSync } from "node:fs";
import { JujuStateBackend, StoredStateError, type StateSlot } from "../../src/index.ts";
import { FakeHookTools } from "../fake-hook-tools.ts";
import { charmThat, runCharm } from "../run-charm.ts";
import { useTemporaryDirectory } from "../../../../tests/support/temporary-directory.ts";

const counts: StateSlot<number> = {
  name: "count",
  parse: (stored) => (typeof stored === "number" ? stored : 0),
};

describe("JujuStateBackend", () => {
  const directory = useTemporaryDirectory();

  it("stores each slot under its name, and sets and deletes only changed ones", async () => {
    const tools = new FakeHookTools();
    const backend = new JujuStateBackend(tools);
    expect(await backend.read()).to.deep.equal({});
    await backend.write({ count: 1, list: ["a"] });
    expect(Object.fromEntries(tools.serverState)).to.deep.equal({ count: "1", list: '["a"]' });
    const later = new JujuStateBackend(tools);
    expect(await later.read()).to.deep.equal({ count: 1, list: ["a"] });
    tools.calls.length = 0;
    await later.write({ count: 1 });
    expect(tools.calls).to.deep.equal(["stateDelete"]);
    expect(Object.fromEntries(tools.serverState)).to.deep.equal({ count: "1" });
  });

  it("refuses a value above Juju's limit before it sets any slot", async () => {
    const tools = new FakeHookTools();
    const thrown = await new JujuStateBackend(tools)
      .write({ count: 1, log: "ä".repeat(40_000) })
      .catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(StoredStateError).with.property("path", "log");
    expect(tools.serverState.size).to.equal(0);
  });

  it("names the damaged value", async () => {
    const tools = new FakeHookTools();
    tools.serverState.set("count", "{");
    const thrown = await new JujuStateBackend(tools).read().catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(StoredStateError).with.property("path", "count");
  });

  it("keeps state and deferred events between dispatches, without a file", async () => {
    const tools = new FakeHookTools();
    const seen: string[] = [];
    const create = charmThat((framework, { on }) => {
      framework.observe(on.start, async () => {
        await framework.state.write(counts, (await framework.state.read(counts)) + 1);
      });
      framework.observe(
        on.install,
        (event) => {
          seen.push(event.name);
          if (seen.length === 1) event.defer();
        },
        { name: "one" },
      );
    });
    for (const hook of ["install", "start", "start"]) {
      const { code } = await runCharm(directory.path, `hooks/${hook}`, create, { tools, state: "juju" });
      expect(code).to.equal(0);
    }
    expect(seen).to.deep.equal(["install", "install"]);
    expect(tools.serverState.get("count")).to.equal("2");
    expect(readdirSync(directory.path)).to.deep.equal([]);
  });
});
