import { expect } from "chai";
import { Charm, type Framework, type StateSlot } from "../../src/index.ts";
import {
  Context,
  InconsistentStateError,
  Relation,
  State,
  tcpPort,
  UncaughtCharmError,
} from "../../src/testing/index.ts";
import { rejection } from "../../../../tests/support/rejection.ts";
import { METADATA } from "./behaviour-metadata.ts";

const counts: StateSlot<number> = {
  name: "count",
  parse: (stored) => (typeof stored === "number" ? stored : 0),
};

class CountingCharm extends Charm {
  handled = 0;

  constructor(framework: Framework) {
    super(framework);
    // eslint-disable-next-line @typescript-eslint/unbound-method -- Charm binds methods
    framework.observe(this.on.install, this.onInstall);
  }

  async onInstall(): Promise<void> {
    this.handled += 1;
    await this.framework.state.write(counts, (await this.framework.state.read(counts)) + this.handled);
  }

  async ports(): Promise<number> {
    return (await this.unit.ports.opened()).length;
  }
}

describe("Context.manage()", () => {
  const db = new Relation({ endpoint: "db", id: 1, remoteApp: "pg" });
  const context = () => new Context(CountingCharm, { metadata: METADATA });

  it("gives a test the charm before its events, and the state after them", async () => {
    const ctx = context();
    const manager = await ctx.manage(
      ctx.on.install(),
      new State({ relations: [db], openedPorts: [tcpPort(80)] }),
    );
    const { charm } = manager;
    expect(charm.handled).to.equal(0);
    expect(await charm.ports()).to.equal(1);
    expect(await (await charm.model.relation("db"))?.app()).to.equal("pg");
    const state = await manager.run();
    expect(charm.handled).to.equal(1);
    expect(state.storedState).to.deep.equal({ count: 1 });
    expect(await manager.run()).to.equal(state);
  });

  it("commits what the test writes through the charm", async () => {
    const ctx = context();
    const manager = await ctx.manage(ctx.on.install(), new State());
    await manager.charm.unit.ports.open(443);
    await manager.charm.framework.state.write(counts, 41);
    const state = await manager.run();
    expect(state.openedPorts).to.deep.equal([tcpPort(443)]);
    expect(state.storedState).to.deep.equal({ count: 42 });
  });

  it("runs the dispatch at the end of its block when the test has not", async () => {
    const ctx = context();
    let charm: CountingCharm;
    {
      await using manager = await ctx.manage(ctx.on.install(), new State());
      ({ charm } = manager);
      expect(charm.handled).to.equal(0);
    }
    expect(charm.handled).to.equal(1);
  });

  it("does not affect the next run", async () => {
    const ctx = context();
    await (await ctx.manage(ctx.on.install(), new State())).run();
    expect((await ctx.run(ctx.on.install(), new State())).storedState).to.deep.equal({ count: 1 });
  });

  it("rejects when the constructor throws, or the state is impossible", async () => {
    const broken = new Context(
      () => {
        throw new Error("broken constructor");
      },
      { metadata: METADATA },
    );
    const thrown = await rejection(broken.manage(broken.on.install(), new State()));
    expect(thrown).to.be.instanceOf(UncaughtCharmError);
    expect(thrown.message).to.include("broken constructor");
    const ctx = context();
    expect(await rejection(ctx.manage(ctx.on.relationCreated(db), new State()))).to.be.instanceOf(
      InconsistentStateError,
    );
    // The failed start does not pause the next run.
    expect((await ctx.run(ctx.on.install(), new State())).storedState).to.deep.equal({ count: 1 });
  });

  it("rejects run() when a handler throws", async () => {
    const ctx = new Context(
      class extends CountingCharm {
        override async onInstall(): Promise<void> {
          await Promise.reject(new Error("no disk"));
        }
      },
      { metadata: METADATA },
    );
    const manager = await ctx.manage(ctx.on.install(), new State());
    expect((await rejection(manager.run())).message).to.include("no disk");
  });
});
