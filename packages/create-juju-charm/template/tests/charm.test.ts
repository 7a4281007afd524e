import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { loadMetadata, type CharmMetadata } from "juju-charm/metadata";
import { Context, State } from "juju-charm/testing";
import { SampleCharm } from "../src/charm.ts";

describe("SampleCharm", () => {
  let metadata: CharmMetadata;
  before(async () => {
    metadata = await loadMetadata(join(import.meta.dirname, ".."));
  });

  it("greets the guest of an action", async () => {
    const ctx = new Context(SampleCharm, { metadata });
    const state = await ctx.run(ctx.on.action("greet", { params: { who: "Ada" } }), new State());
    assert.equal(ctx.actionResults["greeting"], "Hello, Ada!");
    assert.equal(state.unitStatus.name, "active");
  });

  it("is blocked without a greeting word", async () => {
    const ctx = new Context(SampleCharm, { metadata });
    const state = await ctx.run(ctx.on.configChanged(), new State({ config: { greeting: "" } }));
    assert.deepEqual(state.unitStatus, { name: "blocked", message: "Set the option greeting" });
  });
});
