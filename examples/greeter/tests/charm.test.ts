import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadMetadata, type CharmMetadata } from "juju-charm/metadata";
import { ActionFailed, Context, Relation, State } from "juju-charm/testing";
import { GreeterCharm } from "../src/charm.ts";

describe("GreeterCharm", () => {
  let charmDirectory: string;
  let metadata: CharmMetadata;

  before(async () => {
    metadata = await loadMetadata(join(import.meta.dirname, ".."));
    charmDirectory = await mkdtemp(join(tmpdir(), "greeter-"));
  });
  after(() => rm(charmDirectory, { recursive: true }));

  const context = () => new Context(GreeterCharm, { metadata, charmDirectory });
  const page = () => readFile(join(charmDirectory, "page.txt"), "utf8");

  it("greets the guest of an action, and stores the name", async () => {
    const ctx = context();
    const state = await ctx.run(ctx.on.action("greet", { params: { who: "Ada" } }), new State());
    assert.equal(ctx.actionResults["greeting"], "Hello, Ada!");
    assert.deepEqual(state.storedState["greeted"], ["Ada"]);
    assert.deepEqual(state.unitStatus, { name: "active", message: "Greeted 1" });
    assert.equal(await page(), "Hello, Ada!\n");
  });

  it("greets a related guest with a name", async () => {
    const ctx = context();
    const guests = new Relation({ endpoint: "guests", remoteUnits: { 0: { name: "Grace" } } });
    const before = new State({ relations: [guests], config: { greeting: "Ahoi" } });
    const state = await ctx.run(ctx.on.relationChanged(guests, { unit: 0 }), before);
    assert.equal(state.relation(guests).localUnitData["greeting"], "Ahoi, Grace!");
  });

  it("waits for a related guest without a name", async () => {
    const ctx = context();
    const guests = new Relation({ endpoint: "guests" });
    const before = new State({ relations: [guests] });
    const state = await ctx.run(ctx.on.relationChanged(guests, { unit: 0 }), before);
    assert.equal(state.relation(guests).localUnitData["greeting"], undefined);
    assert.equal(state.unitStatus.message, "Greeted 0");
  });

  it("rewrites the page when the greeting word changes", async () => {
    const ctx = context();
    const before = new State({ config: { greeting: "Servus" }, storedState: { greeted: ["Ada", "Grace"] } });
    await ctx.run(ctx.on.configChanged(), before);
    assert.equal(await page(), "Servus, Ada!\nServus, Grace!\n");
  });

  it("blocks when the greeting word is missing", async () => {
    const ctx = context();
    const noWord = new State({ config: { greeting: "" } });
    const state = await ctx.run(ctx.on.configChanged(), noWord);
    assert.deepEqual(state.unitStatus, { name: "blocked", message: "Set the option greeting" });
    await assert.rejects(ctx.run(ctx.on.action("greet", { params: { who: "Ada" } }), noWord), ActionFailed);
  });
});
