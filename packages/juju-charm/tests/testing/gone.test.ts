import { expect } from "chai";
import {
  Charm,
  RelationNotFoundError,
  type CharmEvent,
  type Framework,
  type RelationEvent,
  type SecretEvent,
  type StorageEvent,
} from "../../src/index.ts";
import { Context, PeerRelation, Relation, Secret, State, Storage } from "../../src/testing/index.ts";
import { METADATA } from "./behaviour-metadata.ts";

const db = new Relation({ endpoint: "db", id: 1, remoteApp: "pg", remoteUnits: { 0: { host: "a" }, 1: {} } });
const data = new Storage({ name: "data" });
const granted = new Secret({ content: { key1: "value" } });
const own = new Secret({ content: { key1: "value" }, owner: "unit" });

/** Notes what it sees of the subject of each event. */
class WatchingCharm extends Charm {
  readonly seen: unknown[] = [];
  write = false;

  constructor(framework: Framework) {
    super(framework);
    const { created, joined, changed, departed, broken } = this.on.relation("db");
    for (const event of [created, joined, changed, departed, broken])
      framework.observe(event, this.onRelation);
    const { attached, detaching } = this.on.storage("data");
    for (const event of [attached, detaching]) framework.observe(event, this.onOther);
    framework.observe(this.on.secretChanged, this.onOther);
    framework.observe(this.on.secretRemove, this.onOther);
    framework.observe(this.on.updateStatus, this.onOther);
  }

  readonly onRelation = async ({ name, relation, unit }: RelationEvent): Promise<void> => {
    this.seen.push({
      name,
      isActive: await relation.isActive(),
      units: await relation.units(),
      app: await relation.app(),
      own: await relation.data(this.unit).read(),
      remote: await relation.data(unit ?? "pg").read(),
    });
    if (this.write) await relation.data(this.unit).set("port", "80");
  };

  readonly onOther = ({ name }: CharmEvent | SecretEvent | StorageEvent): void => {
    this.seen.push(name);
  };
}

describe("a deferred event", () => {
  let charm: WatchingCharm;
  let write: boolean;
  let ctx: Context;
  beforeEach(() => {
    write = false;
    ctx = new Context(
      (framework) => {
        charm = new WatchingCharm(framework);
        charm.write = write;
        return charm;
      },
      { metadata: METADATA },
    );
  });
  const warnings = () => ctx.jujuLog.filter(({ level }) => level === "WARNING").map(({ message }) => message);

  it("of a relation that is gone is dropped with a warning", async () => {
    const { on } = ctx;
    const events = [on.relationCreated(db), on.relationJoined(db, { unit: 0 }), on.relationChanged(db)];
    const deferred = events.map((event) => event.deferred("onRelation"));
    const out = await ctx.run(on.updateStatus(), new State({ deferred }));
    expect(out.deferred).to.deep.equal([]);
    expect(charm.seen).to.deep.equal(["update-status"]);
    expect(warnings()).to.deep.equal(
      ["created", "joined", "changed"].map(
        (phase) =>
          `Dropping a deferred event: its relation no longer exists event=db-relation-${phase} observer=onRelation`,
      ),
    );
  });

  it("of a unit that has left its relation is dropped with a warning", async () => {
    const deferred = [ctx.on.relationChanged(db, { unit: 1 }).deferred("onRelation")];
    const left = db.with({ remoteUnits: { 0: {} } });
    const out = await ctx.run(ctx.on.updateStatus(), new State({ relations: [left], deferred }));
    expect(out.deferred).to.deep.equal([]);
    expect(charm.seen).to.deep.equal(["update-status"]);
    expect(warnings()[0]).to.include("its unit has left the relation");
  });

  for (const phase of ["departed", "broken"] as const)
    it(`${phase} is emitted although its relation is gone, which reads as empty`, async () => {
      const { on } = ctx;
      const event = phase === "broken" ? on.relationBroken(db) : on.relationDeparted(db, { unit: 1 });
      const deferred = [event.deferred("onRelation")];
      const out = await ctx.run(on.updateStatus(), new State({ deferred }));
      expect(out.deferred).to.deep.equal([]);
      const name = `db-relation-${phase}`;
      const dead = { name, isActive: false, units: [], app: "pg", own: {}, remote: {} };
      expect(charm.seen).to.deep.equal([dead, "update-status"]);
    });

  it("that writes to a relation that is gone fails in its handler, with the way out", async () => {
    write = true;
    const deferred = [ctx.on.relationBroken(db).deferred("onRelation")];
    const thrown: unknown = await ctx
      .run(ctx.on.updateStatus(), new State({ deferred }))
      .catch((error: unknown) => error);
    expect(thrown).to.have.property("cause").that.is.instanceOf(RelationNotFoundError);
    expect((thrown as Error).message).to.include("the relation 1 no longer exists; ask its isActive()");
    expect(charm.seen).to.have.lengthOf(1);
  });

  it("of a relation that is being broken is emitted before its broken event", async () => {
    const deferred = [ctx.on.relationChanged(db).deferred("onRelation")];
    await ctx.run(ctx.on.relationBroken(db), new State({ relations: [db], deferred }));
    expect(charm.seen.map((seen) => (seen as { name: string }).name)).to.deep.equal([
      "db-relation-changed",
      "db-relation-broken",
    ]);
  });

  it("of a departing unit is emitted in its departed event, when Juju still shows its data", async () => {
    const deferred = [ctx.on.relationChanged(db, { unit: 0 }).deferred("onRelation")];
    await ctx.run(ctx.on.relationDeparted(db, { unit: 0 }), new State({ relations: [db], deferred }));
    expect(charm.seen[0]).to.deep.include({ name: "db-relation-changed", remote: { host: "a" } });
  });

  it("of a storage that is gone is dropped, but its detaching is emitted", async () => {
    const { on } = ctx;
    const deferred = [
      on.storageAttached(data).deferred("onOther"),
      on.storageDetaching(data).deferred("onOther"),
    ];
    await ctx.run(on.updateStatus(), new State({ deferred }));
    expect(charm.seen).to.deep.equal(["data-storage-detaching", "update-status"]);
    expect(warnings()).to.have.lengthOf(1);
    expect(warnings()[0]).to.include("its storage is no longer attached");
    await ctx.run(on.updateStatus(), new State({ deferred, storages: [data] }));
    expect(charm.seen).to.deep.equal(["data-storage-attached", "data-storage-detaching", "update-status"]);
  });

  for (const jujuVersion of ["3.6.28", "4.0.15"])
    it(`of a secret that is gone is dropped, on Juju ${jujuVersion}`, async () => {
      const create = (framework: Framework) => (charm = new WatchingCharm(framework));
      ctx = new Context(create, { metadata: METADATA, jujuVersion });
      const { on } = ctx;
      const deferred = [
        on.secretChanged(granted).deferred("onOther"),
        on.secretRemove(own, { revision: 1 }).deferred("onOther"),
      ];
      await ctx.run(on.updateStatus(), new State({ deferred }));
      expect(charm.seen).to.deep.equal(["update-status"]);
      expect(warnings()).to.have.lengthOf(2);
      await ctx.run(on.updateStatus(), new State({ deferred, secrets: [granted, own] }));
      expect(charm.seen).to.deep.equal(["secret-changed", "secret-remove", "update-status"]);
      const revoked = granted.with({ granted: false });
      await ctx.run(on.updateStatus(), new State({ deferred, secrets: [revoked] }));
      expect(charm.seen).to.deep.equal(["secret-changed", "update-status"]);
    });

  it("of an application's secret is dropped when this unit is no longer the leader", async () => {
    const shared = own.with({ owner: "application" });
    const deferred = [ctx.on.secretRemove(shared, { revision: 1 }).deferred("onOther")];
    await ctx.run(ctx.on.updateStatus(), new State({ deferred, secrets: [shared], leader: false }));
    expect(charm.seen).to.deep.equal(["update-status"]);
    expect(warnings()[0]).to.include("this unit no longer manages its secret");
  });

  it("of a peer relation is emitted while other units are there", async () => {
    const cluster = new PeerRelation({ endpoint: "cluster", peers: { 1: {} } });
    const seen: string[] = [];
    const peers = new Context(
      (framework) =>
        new (class extends Charm {
          constructor() {
            super(framework);
            framework.observe(this.on.relation("cluster").changed, ({ name }) => void seen.push(name), {
              name: "peer",
            });
          }
        })(),
      { metadata: METADATA },
    );
    const deferred = [peers.on.relationChanged(cluster, { unit: 1 }).deferred("peer")];
    await peers.run(peers.on.updateStatus(), new State({ relations: [cluster], deferred }));
    expect(seen).to.deep.equal(["cluster-relation-changed"]);
  });
});
