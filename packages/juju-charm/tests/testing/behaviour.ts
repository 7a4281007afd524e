import { expect } from "chai";
import type { JsonObject, JsonValue } from "../../src/index.ts";
import {
  ActionFailed,
  PeerRelation,
  Relation,
  Resource,
  Secret,
  State,
  Storage,
  tcpPort,
  UncaughtCharmError,
  udpPort,
  type StateFields,
  type TestBackend,
  type TestEvent,
} from "../../src/testing/index.ts";
import type { DeedName } from "./behaviour-charm.ts";

const db = new Relation({
  id: 1,
  endpoint: "db",
  remoteApp: "pg",
  remoteAppData: { version: "16" },
  remoteUnits: { 0: { host: "a" }, 1: { host: "b" }, 10: { host: "c" } },
});
const cluster = new PeerRelation({
  id: 2,
  endpoint: "cluster",
  peers: { 1: {} },
  localAppData: { old: "data" },
});
const KEY = "00000000000000000007";

/** Runs the behaviour of the testing kit on a backend that has the probe charm in it. */
export function describeBackend(make: () => Promise<TestBackend>): void {
  let ctx: TestBackend;

  before(async () => {
    ctx = await make();
  });

  const doing = (deed: DeedName, fields: StateFields = {}) =>
    new State({ relations: [db, cluster], ...fields, config: { ...fields.config, do: deed } });

  /** Runs a deed and gives what it told. */
  const tell = async (deed: DeedName, fields: StateFields = {}, event: TestEvent = ctx.on.install()) => {
    const state = await ctx.run(event, doing(deed, fields));
    return JSON.parse(state.unitStatus.message) as JsonValue;
  };

  const failing = async (event: TestEvent, state: State): Promise<UncaughtCharmError> => {
    const thrown: unknown = await ctx.run(event, state).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (thrown instanceof UncaughtCharmError) return thrown;
    throw new Error("the charm did not fail", { cause: thrown });
  };

  const failingAction = async (event: TestEvent, state: State): Promise<ActionFailed> => {
    const thrown: unknown = await ctx.run(event, state).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (thrown instanceof ActionFailed) return thrown;
    throw new Error("the action did not fail", { cause: thrown });
  };

  it("leaves a state as it is when nobody observes the event", async () => {
    const state = doing("tell the configuration");
    expect(await ctx.run(ctx.on.updateStatus(), state)).to.deep.equal(state);
  });

  it("gives options their defaults", async () => {
    expect(await tell("tell the configuration", { config: { flag: true } })).to.deep.equal({
      count: 3,
      do: "tell the configuration",
      flag: true,
    });
  });

  it("keeps all writes of a hook that succeeds, and shows them to the hook itself", async () => {
    const state = doing("write everything", {
      openedPorts: [udpPort(53)],
      serverState: { old: "gone", other: "kept" },
      storedState: { count: 1 },
    });
    const out = await ctx.run(ctx.on.install(), state);
    const bag = { "egress-subnets": "192.0.2.0/32", "ingress-address": "192.0.2.0", all: "written" };
    expect(out.relation(db).localUnitData).to.deep.equal(bag);
    expect(out.openedPorts).to.deep.equal([tcpPort(80)]);
    expect(out.serverState).to.deep.equal({ other: "kept", all: "written" });
    expect(out.storedState).to.deep.equal({ count: 2 });
    expect(ctx.requestedStorages).to.deep.equal([{ name: "disks", count: 2 }]);
    const told = JSON.parse(out.unitStatus.message) as JsonObject;
    expect(told).to.deep.equal({ bag, ports: 1, state: { other: "kept", all: "written" } });
  });

  it("changes nothing in the state that it was given", async () => {
    const state = doing("write everything", { serverState: { old: "there" } });
    const copy = JSON.stringify(state);
    await ctx.run(ctx.on.install(), state);
    expect(JSON.stringify(state)).to.equal(copy);
  });

  it("drops what a failed hook has buffered and keeps what Juju keeps at once", async () => {
    const state = doing("write everything, then fail", { storedState: { count: 1 } });
    const { state: out, event } = await failing(ctx.on.install(), state);
    expect(event).to.equal("install");
    const { unitStatus, workloadVersion, ...rest } = out;
    expect(unitStatus).to.deep.equal({ name: "maintenance", message: "writing" });
    expect(workloadVersion).to.equal("1.2");
    expect(out).to.deep.equal(state.with({ unitStatus, workloadVersion }));
    expect(rest.secrets).to.deep.equal([]);
    expect(ctx.jujuLog.filter(({ level }) => level === "ERROR").map(({ message }) => message)[0]).to.include(
      "Cannot go on: it is over",
    );
  });

  it("hides a departing unit but shows its data", async () => {
    expect(await tell("look at relations", {}, ctx.on.relationDeparted(db, { unit: 1 }))).to.deep.equal({
      ids: [1],
      units: ["pg/0", "pg/10"],
      app: "pg",
      departing: "done",
      appData: { version: "16" },
      model: new State().model.uuid,
    });
  });

  it("hides a relation that is being broken from its endpoint, and its units", async () => {
    const told = (await tell("look at relations", {}, ctx.on.relationBroken(db))) as JsonObject;
    expect(told["ids"]).to.deep.equal([]);
    expect(told["units"]).to.deep.equal([]);
    expect(told["app"]).to.equal("pg");
  });

  it("refuses what Juju refuses to a unit that does not lead", async () => {
    expect(await tell("look where it may not")).to.deep.equal({
      ownApp: "permission-denied",
      peerApp: "done",
      stranger: "permission-denied",
      noRelation: "relation-not-found",
      appStatus: "not-leader",
      appSecret: "not-leader",
      credential: "permission-denied",
      action: "hook-tool",
      resource: "hook-tool",
    });
  });

  it("fails a hook that writes for its application and does not lead", async () => {
    const { message } = await failing(ctx.on.install(), doing("write as the leader"));
    expect(message).to.include("cannot write relation settings");
  });

  it("lets the leader write for its application, and read it back", async () => {
    const out = await ctx.run(ctx.on.leaderElected(), doing("share as the leader", { leader: true }));
    expect(out.relation(cluster).localAppData).to.deep.equal({ old: "data", leader: "probe/0" });
    expect(out.appStatus).to.deep.equal({ name: "active", message: "led" });
    expect(ctx.appStatusHistory).to.deep.equal([{ name: "active", message: "led" }]);
  });

  describe("with secrets", () => {
    const secret = new Secret({
      id: KEY,
      label: "key",
      content: { password: "old" },
      latest: { password: "new" },
    });

    it("reads the tracked revision, and a newer one only when asked to", async () => {
      expect(await tell("read a secret", { secrets: [secret] })).to.deep.equal({
        tracked: { password: "old" },
        peeked: { password: "new" },
        still: { password: "old" },
      });
    });

    it("begins to track the newest revision at the first read", async () => {
      const { revisions } = secret;
      const fresh = new Secret({ id: KEY, label: "key", revisions });
      const out = await ctx.run(ctx.on.install(), doing("read a secret", { secrets: [fresh] }));
      expect(out.secret(fresh).tracked).to.equal(2);
    });

    it("keeps what a failed hook tracks", async () => {
      const { state } = await failing(
        ctx.on.secretChanged(secret),
        doing("refresh a secret, then fail", { secrets: [secret] }),
      );
      expect(state.secret("key").tracked).to.equal(2);
    });

    it("gives an own secret a revision, which a plain read does not show yet, and a grant", async () => {
      const own = secret.with({ owner: "unit" });
      const out = await ctx.run(ctx.on.secretRotate(own), doing("rotate a secret", { secrets: [own] }));
      // The newest revision has that content already: nothing is added.
      expect(out.secret(own).latestRevision).to.equal(2);
      const older = new Secret({ id: KEY, label: "key", owner: "unit", content: { password: "old" } });
      const rotated = await ctx.run(
        ctx.on.secretRotate(older),
        doing("rotate a secret", { secrets: [older] }),
      );
      const { latest, latestRevision, description, grants } = rotated.secret(older);
      expect({ latest, latestRevision, description, grants }).to.deep.equal({
        latest: { password: "new" },
        latestRevision: 2,
        description: "rotated",
        grants: [{ relation: 1, target: "pg" }],
      });
      expect(JSON.parse(rotated.unitStatus.message)).to.deep.equal({
        plain: { password: "old" },
        peeked: { password: "new" },
        access: ["application-pg"],
      });
    });

    it("adds a secret with its metadata once the hook succeeds", async () => {
      const out = await ctx.run(ctx.on.install(), doing("make a secret"));
      const { owner, rotate, revisions, expires } = out.secret("made");
      expect({ owner, rotate, revisions }).to.deep.equal({
        owner: "unit",
        rotate: "monthly",
        revisions: { 1: { password: "fresh" } },
      });
      expect(expires).to.be.a("date");
    });

    it("fails a hook at its end for what the controller refuses only then, and keeps nothing", async () => {
      const { state, message } = await failing(
        ctx.on.install(),
        doing("set another's secret", { secrets: [secret] }),
      );
      expect(state.serverState).to.deep.equal({});
      expect(state.secret(secret).latest).to.deep.equal({ password: "new" });
      expect(message).to.include("permission denied");
    });
  });

  it("shows storage, resources, networks, goals and the status", async () => {
    const data = new Storage({ name: "data", location: "/srv/data" });
    const told = await tell(
      "look around",
      {
        storages: [data],
        resources: [new Resource({ name: "tool", path: "/tmp/tool.tgz" })],
        plannedUnits: 2,
      },
      ctx.on.storageAttached(data),
    );
    expect(told).to.deep.equal({
      storages: ["data/0"],
      data: { kind: "filesystem", location: "/srv/data" },
      resource: "/tmp/tool.tgz",
      ingress: ["192.0.2.0"],
      address: "192.0.2.0",
      units: ["probe/0", "probe/1"],
      status: "unknown",
    });
  });

  it("keeps a deferred event for its observer, and brings it before the next", async () => {
    const deferred = ctx.on.relationChanged(db, { unit: 1 }).deferred("ProbeCharm.onEvent");
    const out = await ctx.run(ctx.on.relationChanged(db, { unit: 1 }), doing("defer it"));
    expect(out.deferred).to.deep.equal([deferred]);
    const next = await ctx.run(ctx.on.custom("tick"), doing("log lines", { deferred: out.deferred }));
    expect(next.deferred).to.deep.equal([]);
    const order = ctx.jujuLog
      .filter(({ message }) => message.startsWith("Doing"))
      .map(({ message }) => message);
    expect(order.map((line) => /event="?([a-z-]+)/.exec(line)?.[1])).to.deep.equal([
      "db-relation-changed",
      "tick",
    ]);
  });

  it("delivers an action's results and progress, with defaults in its parameters", async () => {
    await ctx.run(ctx.on.action("act", { params: { times: 2 } }), doing("nothing"));
    expect(ctx.actionResults["who"]).to.equal('{"times":2,"who":"world"}');
    expect(ctx.actionResults["nested"]).to.deep.equal({ depth: "1" });
    expect(ctx.actionLogs).to.deep.equal(["acting"]);
  });

  it("tells the message of an action that fails, with what it wrote, since its process ends well", async () => {
    const error = await failingAction(ctx.on.action("act"), doing("write everything, then fail"));
    expect(error.message).to.equal("Cannot go on: it is over");
    expect(error.results["who"]).to.equal('{"who":"world"}');
    expect(error.state.openedPorts).to.deep.equal([tcpPort(80)]);
    expect(error.state.storedState, "but for the stored state").to.deep.equal({});
  });

  it("fails an action that the charm has no code for", async () => {
    const error = await failingAction(ctx.on.action("strict", { params: { path: "/" } }), doing("nothing"));
    expect(error.message).to.include("no handler of this charm observes the action");
  });

  it("ends a hook that restarts the machine at once where it is, and drops what it buffered", async () => {
    const state = doing("restart the machine at once");
    expect(await ctx.run(ctx.on.install(), state)).to.deep.equal(state);
    expect(ctx.reboot).to.equal("now");
  });

  it("tells lines of juju-log and of standard output", async () => {
    await ctx.run(ctx.on.custom("tick"), doing("log lines"));
    const told = ctx.jujuLog.filter(({ message }) => message.startsWith("Told"));
    expect(told.map(({ level }) => level).sort()).to.deep.equal(["DEBUG", "INFO"]);
  });

  it("carries a value of a megabyte in a relation", async () => {
    expect(await tell("share a megabyte")).to.equal(1024 * 1024);
  });

  it("tells nothing of the run before", async () => {
    await ctx.run(ctx.on.action("act"), doing("nothing"));
    await ctx.run(ctx.on.updateStatus(), doing("nothing"));
    expect(ctx.actionLogs).to.deep.equal([]);
    expect(ctx.actionResults).to.deep.equal({});
    expect(ctx.unitStatusHistory).to.deep.equal([]);
  });
}
