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
import type { TaskName } from "./behaviour-charm.ts";

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
const KEY = "0000000000000000007g";

/** Tests the testing kit on a backend with the probe charm. */
export function describeBackend(make: () => Promise<TestBackend>): void {
  let ctx: TestBackend;

  before(async () => {
    ctx = await make();
  });

  const doing = (task: TaskName, fields: StateFields = {}) =>
    new State({ relations: [db, cluster], ...fields, config: { ...fields.config, do: task } });

  /** Runs a task and returns its result. */
  const resultOf = async (task: TaskName, fields: StateFields = {}, event: TestEvent = ctx.on.install()) => {
    const state = await ctx.run(event, doing(task, fields));
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

  it("returns an unchanged state for an event without observers", async () => {
    const state = doing("return the configuration");
    expect(await ctx.run(ctx.on.updateStatus(), state)).to.deep.equal(state);
  });

  it("fills in the defaults of options", async () => {
    expect(await resultOf("return the configuration", { config: { flag: true } })).to.deep.equal({
      count: 3,
      do: "return the configuration",
      flag: true,
    });
  });

  it("keeps all writes of a successful hook, which also reads them", async () => {
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
    const result = JSON.parse(out.unitStatus.message) as JsonObject;
    expect(result).to.deep.equal({ bag, ports: 1, state: { other: "kept", all: "written" } });
  });

  it("does not modify the input state", async () => {
    const state = doing("write everything", { serverState: { old: "there" } });
    const copy = JSON.stringify(state);
    await ctx.run(ctx.on.install(), state);
    expect(JSON.stringify(state)).to.equal(copy);
  });

  it("drops the buffered writes of a failed hook and keeps the immediate ones", async () => {
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

  it("drops what a failed hook requested for its end", async () => {
    await failing(ctx.on.install(), doing("request a restart, then fail"));
    expect(ctx.reboot).to.equal(undefined);
    await failing(ctx.on.install(), doing("write everything, then fail"));
    expect(ctx.requestedStorages).to.deep.equal([]);
  });

  it("hides a departing unit but shows its data", async () => {
    expect(await resultOf("read relations", {}, ctx.on.relationDeparted(db, { unit: 1 }))).to.deep.equal({
      ids: [1],
      units: ["pg/0", "pg/10"],
      app: "pg",
      departing: "done",
      appData: { version: "16" },
      model: new State().model.uuid,
    });
  });

  it("hides a relation that is being broken, and its units", async () => {
    const result = (await resultOf("read relations", {}, ctx.on.relationBroken(db))) as JsonObject;
    expect(result["ids"]).to.deep.equal([]);
    expect(result["units"]).to.deep.equal([]);
    expect(result["app"]).to.equal("pg");
  });

  it("refuses the same operations as Juju on a unit that is not the leader", async () => {
    expect(await resultOf("try forbidden operations")).to.deep.equal({
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

  it("fails a hook that writes application data without leadership", async () => {
    const { message } = await failing(ctx.on.install(), doing("write as the leader"));
    expect(message).to.include("cannot write relation settings");
  });

  it("lets the leader write and read application data", async () => {
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

    it("reads the tracked revision, and a newer one only on request", async () => {
      expect(await resultOf("read a secret", { secrets: [secret] })).to.deep.equal({
        tracked: { password: "old" },
        peeked: { password: "new" },
        still: { password: "old" },
      });
    });

    it("starts to track the newest revision at the first read", async () => {
      const { revisions } = secret;
      const fresh = new Secret({ id: KEY, label: "key", revisions });
      const out = await ctx.run(ctx.on.install(), doing("read a secret", { secrets: [fresh] }));
      expect(out.secret(fresh).tracked).to.equal(2);
    });

    it("keeps the tracked revision of a failed hook", async () => {
      const { state } = await failing(
        ctx.on.secretChanged(secret),
        doing("refresh a secret, then fail", { secrets: [secret] }),
      );
      expect(state.secret("key").tracked).to.equal(2);
    });

    it("adds a revision, which a plain read does not return yet, and a grant to an own secret", async () => {
      const own = secret.with({ owner: "unit" });
      const out = await ctx.run(ctx.on.secretRotate(own), doing("rotate a secret", { secrets: [own] }));
      // The newest revision already has that content: no revision is added.
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
      const out = await ctx.run(ctx.on.install(), doing("add a secret"));
      const { owner, rotate, revisions, expires } = out.secret("made");
      expect({ owner, rotate, revisions }).to.deep.equal({
        owner: "unit",
        rotate: "monthly",
        revisions: { 1: { password: "fresh" } },
      });
      expect(expires).to.be.a("date");
    });

    it("fails a hook when the controller refuses its buffered writes, and keeps none of them", async () => {
      const { state, message } = await failing(
        ctx.on.install(),
        doing("set another's secret", { secrets: [secret] }),
      );
      expect(state.serverState).to.deep.equal({});
      expect(state.secret(secret).latest).to.deep.equal({ password: "new" });
      expect(message).to.include("permission denied");
    });
  });

  it("returns storage, resources, networks, goals and the status", async () => {
    const data = new Storage({ name: "data", location: "/srv/data" });
    const result = await resultOf(
      "read everything else",
      {
        storages: [data],
        resources: [new Resource({ name: "tool", path: "/tmp/tool.tgz" })],
        plannedUnits: 2,
      },
      ctx.on.storageAttached(data),
    );
    expect(result).to.deep.equal({
      storages: ["data/0"],
      data: { kind: "filesystem", location: "/srv/data" },
      resource: "/tmp/tool.tgz",
      ingress: ["192.0.2.0"],
      address: "192.0.2.0",
      units: ["probe/0", "probe/1"],
      status: "unknown",
    });
  });

  it("shows no planned unit and a dying unit when the application is being removed", async () => {
    const { units, planned } = (await resultOf("count planned units", { plannedUnits: 0 })) as JsonObject;
    expect(units).to.deep.equal({ "probe/0": "dying" });
    expect(planned).to.equal(0);
  });

  it("keeps a deferred event for its observer, and re-emits it before the next event", async () => {
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

  it("keeps nothing of an action that throws, and reports Juju's message, the reason and the results", async () => {
    const state = doing("write everything, then fail");
    const error = await failingAction(ctx.on.action("act"), state);
    expect(error.message).to.equal("exit status 1");
    expect(error.stderr).to.equal("Cannot go on: it is over");
    expect(error.cause).to.have.property("message").that.includes("Cannot go on: it is over");
    expect(error.results["who"]).to.equal('{"who":"world"}');
    const { unitStatus, workloadVersion } = error.state;
    expect(unitStatus.message).to.equal("writing");
    expect(error.state).to.deep.equal(state.with({ unitStatus, workloadVersion }));
    expect(ctx.requestedStorages).to.deep.equal([]);
  });

  it("replaces the message of an action that first fails on purpose and then throws", async () => {
    const error = await failingAction(ctx.on.action("act"), doing("fail on purpose, then throw"));
    expect(error.message).to.equal("exit status 1");
    expect(error.stderr).to.equal("Cannot go on: it is over");
  });

  it("keeps all writes of an action that fails on purpose, with its message and results", async () => {
    const error = await failingAction(ctx.on.action("act"), doing("write everything, then fail on purpose"));
    expect([error.message, error.stderr, error.cause]).to.deep.equal(["No luck", "", undefined]);
    expect(error.results["who"]).to.equal('{"who":"world"}');
    expect(error.state.openedPorts).to.deep.equal([tcpPort(80)]);
    expect(error.state.relation(db).localUnitData["all"]).to.equal("written");
    expect(error.state.storedState).to.deep.equal({ count: 1 });
    expect(ctx.requestedStorages).to.deep.equal([{ name: "disks", count: 2 }]);
  });

  it("fails an action without observers", async () => {
    const error = await failingAction(ctx.on.action("strict", { params: { path: "/" } }), doing("nothing"));
    expect(error.message).to.include("no handler of this charm observes the action");
  });

  it("ends a hook that restarts the machine now, and drops its buffered writes", async () => {
    const state = doing("restart the machine now");
    expect(await ctx.run(ctx.on.install(), state)).to.deep.equal(state);
    expect(ctx.reboot).to.equal("now");
  });

  it("reports lines of juju-log and standard output", async () => {
    await ctx.run(ctx.on.custom("tick"), doing("log lines"));
    const result = ctx.jujuLog.filter(({ message }) => message.startsWith("Logged"));
    expect(result.map(({ level }) => level).sort()).to.deep.equal(["DEBUG", "INFO"]);
  });

  it("transfers a value of 1 MiB in relation data", async () => {
    expect(await resultOf("share a megabyte")).to.equal(1024 * 1024);
  });

  it("reports nothing of the previous run", async () => {
    await ctx.run(ctx.on.action("act"), doing("nothing"));
    await ctx.run(ctx.on.updateStatus(), doing("nothing"));
    expect(ctx.actionLogs).to.deep.equal([]);
    expect(ctx.actionResults).to.deep.equal({});
    expect(ctx.unitStatusHistory).to.deep.equal([]);
  });
}
