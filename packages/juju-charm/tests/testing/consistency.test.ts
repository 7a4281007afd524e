import { expect } from "chai";
import {
  Context,
  icmpPort,
  InconsistentStateError,
  Network,
  PeerRelation,
  Relation,
  Resource,
  Secret,
  State,
  Storage,
  SubordinateRelation,
  tcpPort,
  type StateFields,
  type TestEvent,
  type TestEvents,
} from "../../src/testing/index.ts";
import { ProbeCharm } from "./behaviour-charm.ts";
import { METADATA } from "./behaviour-metadata.ts";

const db = new Relation({ endpoint: "db", id: 1 });
const wide = new Relation({ endpoint: "web", remoteUnits: { 0: {}, 1: {} } });
const empty = new Relation({ endpoint: "db", remoteUnits: {} });
const cluster = new PeerRelation({ endpoint: "cluster" });
const data = new Storage({ name: "data" });
const granted = new Secret({ content: { key1: "value" } });
const own = new Secret({ content: { key1: "value" }, owner: "application" });
const unitOwn = own.with({ owner: "unit" });

type Row = readonly [
  fault: string,
  state: StateFields,
  event?: (on: TestEvents) => TestEvent,
  more?: { readonly jujuVersion?: string },
];

/** One thing each that cannot be, and the fault that is told. */
const IMPOSSIBLE: readonly Row[] = [
  ["the option colour is not in config.yaml", { config: { colour: "red" } }],
  ['the option count is "3", which is no int', { config: { count: "3" } }],
  ["the option count is 1.5, which is no int", { config: { count: 1.5 } }],
  ["the option ratio is true, which is no float", { config: { ratio: true } }],
  ["the option flag is 1, which is no boolean", { config: { flag: 1 } }],
  ["the option do is 1, which is no string", { config: { do: 1 } }],
  ['the option key is "abc", which is no secret', { config: { key: "abc" } }],
  ["several relations have the number 1", { relations: [db, new Relation({ endpoint: "web", id: 1 })] }],
  ["the endpoint cache is not in charm.yaml", { relations: [new Relation({ endpoint: "cache" })] }],
  ["for peers: it takes a PeerRelation", { relations: [new Relation({ endpoint: "cluster" })] }],
  ["not for peers: it takes no PeerRelation", { relations: [new PeerRelation({ endpoint: "db" })] }],
  ["scope container: it takes a SubordinateRelation", { relations: [new Relation({ endpoint: "host" })] }],
  ["scope global: it takes a Relation", { relations: [new SubordinateRelation({ endpoint: "db" })] }],
  [
    "the unit 0 is among the peers",
    { relations: [new PeerRelation({ endpoint: "cluster", peers: { 0: {} } })] },
  ],
  [
    "the endpoint web has 3 relations, and its limit is 2",
    { relations: [1, 2, 3].map((id) => new Relation({ endpoint: "web", id })) },
  ],
  ["db:1 of the event is not in the state", {}, (on) => on.relationCreated(db)],
  [
    "db:1 of the event is another than that in the state",
    { relations: [db.with({ remoteApp: "other" })] },
    (on) => on.relationChanged(db),
  ],
  ["a peer relation is never broken", { relations: [cluster] }, (on) => on.relationBroken(cluster)],
  [
    "relation-joined could be about remote/0 or remote/1",
    { relations: [wide] },
    (on) => on.relationJoined(wide),
  ],
  ["the relation has none", { relations: [empty] }, (on) => on.relationDeparted(empty)],
  [
    "remote/7 of the event is not in the relation",
    { relations: [db] },
    (on) => on.relationChanged(db, { unit: 7 }),
  ],
  [
    "other/0 is neither the remote unit nor probe/0",
    { relations: [db] },
    (on) => on.relationDeparted(db, { departingUnit: "other/0" }),
  ],
  [
    "several storages are disks/0",
    { storages: [0, 0].map((index) => new Storage({ name: "disks", type: "block", index })) },
  ],
  ["the storage cache is not in charm.yaml", { storages: [new Storage({ name: "cache" })] }],
  [
    "data/0 is a block, and charm.yaml says filesystem",
    { storages: [new Storage({ name: "data", type: "block" })] },
  ],
  ["2 of the storage data, at most 1", { storages: [data, new Storage({ name: "data", index: 1 })] }],
  ["the storage data/0 of the event is not in the state", {}, (on) => on.storageAttached(data)],
  ["several secrets have the ID", { secrets: [granted, granted] }],
  [
    "several secrets have the label twin",
    { secrets: [1, 2].map(() => new Secret({ content: { key1: "value" }, label: "twin" })) },
  ],
  ["is not 20 characters", { secrets: [new Secret({ id: "short", content: { key1: "value" } })] }],
  ["has no revision", { secrets: [new Secret({ revisions: {} })] }],
  ["has no revision 9 to track", { secrets: [new Secret({ revisions: { 1: {} }, tracked: 9 })] }],
  [
    "who alone can grant it",
    { relations: [db], secrets: [granted.with({ grants: [{ relation: 1, target: "remote" }] })] },
  ],
  [
    "granted in the relation 99, which is not there",
    { secrets: [own.with({ grants: [{ relation: 99, target: "x" }] })] },
  ],
  ["of the event is not in the state", {}, (on) => on.secretChanged(granted)],
  [
    "Juju 2.9.50 has no secrets",
    { secrets: [granted] },
    (on) => on.secretChanged(granted),
    { jujuVersion: "2.9.50" },
  ],
  ["secret-rotate is for the owner", { secrets: [granted] }, (on) => on.secretRotate(granted)],
  ["is for the leader, which this unit is not", { secrets: [own] }, (on) => on.secretRotate(own)],
  ["has no revision 4", { secrets: [unitOwn] }, (on) => on.secretRemove(unitOwn, { revision: 4 })],
  ["the action dance is not in actions.yaml", {}, (on) => on.action("dance")],
  ["the action strict requires the parameter path", {}, (on) => on.action("strict")],
  ["the action act has no parameter speed", {}, (on) => on.action("act", { params: { speed: 1 } })],
  ['times of act is "2", which is no integer', {}, (on) => on.action("act", { params: { times: "2" } })],
  ['mode of act is "fast", which is none of', {}, (on) => on.action("act", { params: { mode: "fast" } })],
  ["db-relation-changed is an event of Juju's own", {}, (on) => on.custom("db-relation-changed")],
  ["leader-elected is for the leader", {}, (on) => on.leaderElected()],
  ["Juju 4.0.1 has no pre-series-upgrade", {}, (on) => on.preSeriesUpgrade(), { jujuVersion: "4.0.1" }],
  ["the resource image is not in charm.yaml", { resources: [new Resource({ name: "image", path: "/x" })] }],
  [
    "the resource tool is there several times",
    { resources: [1, 2].map(() => new Resource({ name: "tool", path: "/x" })) },
  ],
  ["the binding public is neither", { networks: [new Network({ binding: "public" })] }],
  [
    "the endpoint host has the scope container and so no network",
    { networks: [new Network({ binding: "host" })] },
  ],
  ["the binding db has several networks", { networks: [1, 2].map(() => new Network({ binding: "db" })) }],
  ["the open ports 80-90/tcp and 85/tcp overlap", { openedPorts: [tcpPort(80, 90), tcpPort(85)] }],
  ["the open ports icmp and icmp overlap", { openedPorts: [icmpPort(), icmpPort()] }],
  ["70000/tcp is no range of ports", { openedPorts: [tcpPort(70_000)] }],
  ["0 units cannot be planned", { plannedUnits: 0 }],
  ["the slot #deferred is the framework's own", { storedState: { "#deferred": [] } }],
  ["the slot count holds what is no JSON", { storedState: { count: Number.NaN } }],
];

describe("the consistency check", () => {
  const check = async ([, fields, event, more]: Row): Promise<InconsistentStateError> => {
    const ctx = new Context(ProbeCharm, { metadata: METADATA, ...more });
    const run = ctx.run(event?.(ctx.on) ?? ctx.on.updateStatus(), new State(fields));
    const thrown: unknown = await run.catch((error: unknown) => error);
    if (thrown instanceof InconsistentStateError) return thrown;
    throw new Error("nothing was refused", { cause: thrown });
  };

  for (const row of IMPOSSIBLE) {
    it(`tells that ${row[0]}`, async () => {
      const { faults } = await check(row);
      expect(faults.filter((fault) => fault.includes(row[0]))).to.have.lengthOf(1);
      expect(faults).to.have.lengthOf(1);
    });
  }

  it("tells that an action cannot be deferred, nor an event by nobody", async () => {
    const { on } = new Context(ProbeCharm, { metadata: METADATA });
    const { faults } = await check([
      "",
      { deferred: [on.action("act").deferred("A.b"), on.install().deferred("")] },
    ]);
    expect(faults).to.deep.equal([
      "action:act cannot be deferred",
      "the observer of the deferred install has no name",
    ]);
  });

  it("tells all faults at once, and the event", async () => {
    const { message } = await check(["", { config: { colour: "red" }, plannedUnits: 0 }]);
    expect(message).to.equal(
      "Cannot run update-status: this cannot be under Juju: the option colour is not in config.yaml; 0 units cannot be planned",
    );
  });

  it("takes what can be", async () => {
    const ctx = new Context(ProbeCharm, { metadata: METADATA });
    const host = new SubordinateRelation({ endpoint: "host" });
    const state = new State({
      config: { count: 1, ratio: 1, flag: true, key: granted.uri },
      relations: [db, wide, cluster, host],
      storages: [data, new Storage({ name: "disks", type: "block" })],
      secrets: [granted, own.with({ grants: [{ relation: 1, target: "remote" }] })],
      resources: [new Resource({ name: "tool", path: "/x" })],
      networks: [new Network({ binding: "db" }), new Network({ binding: "admin" })],
      openedPorts: [tcpPort(80), tcpPort(81, 90), icmpPort()],
      leader: true,
    });
    expect(await ctx.run(ctx.on.relationJoined(wide, { unit: 1 }), state)).to.deep.equal(state);
  });
});
