/* eslint-disable @typescript-eslint/unbound-method -- Charm binds methods */
import { expect } from "chai";
import { Charm, type CharmEvent, type Framework } from "../../src/index.ts";
import { Context, Relation, Secret, State, StateError, UncaughtCharmError } from "../../src/testing/index.ts";
import { METADATA } from "./behaviour-metadata.ts";

describe("State", () => {
  it("is deeply frozen and independent of its input", () => {
    const bag: Record<string, string> = { key: "value" };
    const relation = new Relation({ endpoint: "db", localUnitData: bag });
    const state = new State({ relations: [relation], config: { list: ["a"] } });
    bag["key"] = "other";
    expect(state.relation(relation).localUnitData).to.deep.equal({ key: "value" });
    for (const part of [
      state,
      state.relations,
      state.relations[0],
      relation.localUnitData,
      state.config["list"],
    ]) {
      expect(part).to.be.frozen;
    }
  });

  it("with() returns a changed copy and keeps all other fields", () => {
    const state = new State({ leader: true, config: { count: 2 } });
    expect(state.with({ leader: false })).to.deep.equal(new State({ config: { count: 2 } }));
    expect(state.leader).to.be.true;
  });

  it("gives relations and secrets unique numbers", () => {
    const [one, two] = [new Relation({ endpoint: "db" }), new Relation({ endpoint: "db" })];
    expect(one.id).not.to.equal(two.id);
    const [first, second] = [new Secret({ content: {} }), new Secret({ content: {} })];
    expect(first.id).not.to.equal(second.id);
    expect(first.id).to.match(/^[0-9a-z]{20}$/);
  });

  it("throws an error for a relation or a secret that is not in the state", () => {
    expect(() => new State().relation(7)).to.throw(StateError, "relation 7");
    expect(() => new State().secret("none")).to.throw(StateError, "secret none");
  });
});

describe("Context", () => {
  const failure = new TypeError("a mistake");

  class Failing extends Charm {
    constructor(framework: Framework, message: string) {
      super(framework);
      framework.observe(this.on.install, () => Promise.reject(failure));
      framework.observe(this.on.start, this.onStart);
      framework.observe(this.on.collectUnitStatus, (event) => {
        event.addStatus({ name: "active", message });
      });
    }

    onStart(event: CharmEvent): void {
      event.defer();
    }
  }

  const ctx = new Context((framework) => new Failing(framework, "well"), { metadata: METADATA });

  it("accepts a function that creates the charm, and throws an error with the charm's error as its cause", async () => {
    const thrown: unknown = await ctx.run(ctx.on.install(), new State()).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(UncaughtCharmError);
    expect((thrown as UncaughtCharmError).cause).to.equal(failure);
  });

  it("reports emitted events, including those of the framework", async () => {
    const deferred = [ctx.on.start().deferred("Failing.onStart")];
    const out = await ctx.run(ctx.on.start(), new State({ deferred }));
    expect(ctx.emittedEvents.map(({ kind }) => kind)).to.deep.equal([
      "start",
      "start",
      "collect-unit-status",
      "pre-commit",
      "commit",
    ]);
    expect(out.deferred).to.deep.equal(deferred);
    expect(ctx.unitStatusHistory).to.deep.equal([{ name: "active", message: "well" }]);
  });

  it("drops a deferred event without its observer, with a warning", async () => {
    const state = new State({ deferred: [ctx.on.install().deferred("Older.onInstall")] });
    expect((await ctx.run(ctx.on.updateStatus(), state)).deferred).to.deep.equal([]);
    expect(ctx.jujuLog.filter(({ level }) => level === "WARNING")).to.have.lengthOf(1);
  });
});
