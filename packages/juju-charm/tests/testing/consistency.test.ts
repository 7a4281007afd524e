import { expect } from "chai";
import {
  Context,
  DeferredEvent,
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
  problem: string,
  state: StateFields,
  event?: (on: TestEvents) => TestEvent,
  more?: { readonly jujuVersion?: string },
];

/** Impossible states and events, with the reported problem. */
const IMPOSSIBLE: readonly Row[] = [
  ["the option colour is not in config.yaml", { config: { colour: "red" } }],
  ['the option count is "3", which is not of the type int', { config: { count: "3" } }],
  ["the option count is 1.5, which is not of the type int", { config: { count: 1.5 } }],
  ["the option ratio is true, which is not of the type float", { config: { ratio: true } }],
  ["the option flag is 1, which is not of the type boolean", { config: { flag: 1 } }],
  ["the option do is 1, which is not of the type string", { config: { do: 1 } }],
  ['the option key is "abc", which is not of the type secret', { config: { key: "abc" } }],
  ["several relations have the number 1", { relations: [db, new Relation({ endpoint: "web", id: 1 })] }],
  ["the endpoint cache is not in charm.yaml", { relations: [new Relation({ endpoint: "cache" })] }],
  ["is a peer endpoint: use PeerRelation", { relations: [new Relation({ endpoint: "cluster" })] }],
  ["is not a peer endpoint: do not use PeerRelation", { relations: [new PeerRelation({ endpoint: "db" })] }],
  ["scope container: use SubordinateRelation", { relations: [new Relation({ endpoint: "host" })] }],
  ["scope global: use Relation", { relations: [new SubordinateRelation({ endpoint: "db" })] }],
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
    "db:1 of the event differs from the one in the state",
    { relations: [db.with({ remoteApp: "other" })] },
    (on) => on.relationChanged(db),
  ],
  ["a peer relation is never broken", { relations: [cluster] }, (on) => on.relationBroken(cluster)],
  [
    "relation-joined has several possible units, remote/0 or remote/1",
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
    "several storages have the ID disks/0",
    { storages: [0, 0].map((index) => new Storage({ name: "disks", type: "block", index })) },
  ],
  ["the storage cache is not in charm.yaml", { storages: [new Storage({ name: "cache" })] }],
  [
    "data/0 has the type block, and charm.yaml declares filesystem",
    { storages: [new Storage({ name: "data", type: "block" })] },
  ],
  [
    "the storage data has 2 instances, and its maximum is 1",
    { storages: [data, new Storage({ name: "data", index: 1 })] },
  ],
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
    "only its owner can grant it",
    { relations: [db], secrets: [granted.with({ grants: [{ relation: 1, target: "remote" }] })] },
  ],
  [
    "granted in the relation 99, which is not in the state",
    { secrets: [own.with({ grants: [{ relation: 99, target: "x" }] })] },
  ],
  ["of the event is not in the state", {}, (on) => on.secretChanged(granted)],
  [
    "Juju 2.9.50 has no secrets",
    { secrets: [granted] },
    (on) => on.secretChanged(granted),
    { jujuVersion: "2.9.50" },
  ],
  ["secret-rotate runs only on the owner", { secrets: [granted] }, (on) => on.secretRotate(granted)],
  [
    "runs only on the leader, and this unit is not the leader",
    { secrets: [own] },
    (on) => on.secretRotate(own),
  ],
  ["has no revision 4", { secrets: [unitOwn] }, (on) => on.secretRemove(unitOwn, { revision: 4 })],
  ["the action dance is not in actions.yaml", {}, (on) => on.action("dance")],
  ["the action strict requires the parameter path", {}, (on) => on.action("strict")],
  ["the action act has no parameter speed", {}, (on) => on.action("act", { params: { speed: 1 } })],
  [
    'times of act is "2", which is not of the type integer',
    {},
    (on) => on.action("act", { params: { times: "2" } }),
  ],
  ['mode of act is "fast", which is not one of', {}, (on) => on.action("act", { params: { mode: "fast" } })],
  ["db-relation-changed is a hook of Juju, not a custom event", {}, (on) => on.custom("db-relation-changed")],
  ["leader-elected runs only on the leader", {}, (on) => on.leaderElected()],
  ["Juju 4.0.1 has no pre-series-upgrade", {}, (on) => on.preSeriesUpgrade(), { jujuVersion: "4.0.1" }],
  ["the resource image is not in charm.yaml", { resources: [new Resource({ name: "image", path: "/x" })] }],
  [
    "there are several resources tool",
    { resources: [1, 2].map(() => new Resource({ name: "tool", path: "/x" })) },
  ],
  ["the binding public is neither", { networks: [new Network({ binding: "public" })] }],
  [
    "the endpoint host has the scope container, which has no network",
    { networks: [new Network({ binding: "host" })] },
  ],
  ["the binding db has several networks", { networks: [1, 2].map(() => new Network({ binding: "db" })) }],
  ["the open ports 80-90/tcp and 85/tcp overlap", { openedPorts: [tcpPort(80, 90), tcpPort(85)] }],
  ["the open ports icmp and icmp overlap", { openedPorts: [icmpPort(), icmpPort()] }],
  ["70000/tcp is not a port range", { openedPorts: [tcpPort(70_000)] }],
  ["plannedUnits is -1, which is not a whole number from 0", { plannedUnits: -1 }],
  ["plannedUnits is 1.5, which is not a whole number from 0", { plannedUnits: 1.5 }],
  ["the slot #deferred belongs to the framework", { storedState: { "#deferred": [] } }],
  ["the value of the slot count is not JSON: it is NaN", { storedState: { count: Number.NaN } }],
  ["the value of the slot a is not JSON: b[0] is a Map", { storedState: { a: { b: [new Map()] } } as never }],
  ["the value of the slot a is not JSON: it is a Set", { storedState: { a: new Set() } as never }],
  [
    "the data of the deferred custom:tick is not JSON: at is a Date",
    {
      deferred: [
        new DeferredEvent({ kind: "custom:tick", observer: "a", facts: { at: new Date(0) } as never }),
      ],
    },
  ],
  ['the value of "a" in the state in the controller is not text', { serverState: { a: 1 } as never }],
  [
    'the value of "port" in the data of remote/0 in relation db:1 is not text',
    { relations: [db.with({ remoteUnits: { 0: { port: 80 } as never } })] },
  ],
  [
    'the value of "port" in the data of remote in relation db:1 is not text',
    { relations: [db.with({ remoteAppData: { port: null } as never })] },
  ],
  [
    'the value of "port" in the data of this unit in relation db:1 is not text',
    { relations: [db.with({ localUnitData: { port: 80 } as never })] },
  ],
  [
    'the value of "port" in the data of probe in relation',
    { relations: [new PeerRelation({ endpoint: "cluster", localAppData: { port: 80 } as never })] },
  ],
  [
    'the value of "key1" in revision 1 of the secret',
    { secrets: [new Secret({ content: { key1: 7 } as never })] },
  ],
  [
    "the storage data/0 of the event differs from the one in the state",
    { storages: [new Storage({ name: "data", location: "/other" })] },
    (on) => on.storageAttached(data),
  ],
  [
    "of the event differs from the one in the state",
    { secrets: [granted.with({ revisions: { 1: { key1: "value" }, 2: { key1: "newer" } } })] },
    (on) => on.secretChanged(granted),
  ],
  ["this unit owns the secret", { secrets: [unitOwn] }, (on) => on.secretChanged(unitOwn)],
  ["this unit owns the secret", { secrets: [own], leader: true }, (on) => on.secretChanged(own)],
  ["Juju 2.9.50 has no secrets", { secrets: [granted] }, (on) => on.install(), { jujuVersion: "2.9.50" }],
  [
    "the option key is of the type secret, which Juju 3.3.7 does not have",
    { config: { key: granted.uri } },
    (on) => on.install(),
    { jujuVersion: "3.3.7" },
  ],
  ["parameters of act: (root).size : must be >= 1", {}, (on) => on.action("act", { params: { size: 0 } })],
  ["parameters of act: (root).size : must be <= 9", {}, (on) => on.action("act", { params: { size: 10 } })],
  [
    'parameters of act: (root).tags.0 : must match pattern "^[a-z]+$"',
    {},
    (on) => on.action("act", { params: { tags: ["A"] } }),
  ],
  [
    "parameters of act: (root).tags : must NOT have more than 2 items",
    {},
    (on) => on.action("act", { params: { tags: ["a", "b", "c"] } }),
  ],
];

describe("checkConsistency()", () => {
  const check = async ([, fields, event, more]: Row): Promise<InconsistentStateError> => {
    const ctx = new Context(ProbeCharm, { metadata: METADATA, ...more });
    const run = ctx.run(event?.(ctx.on) ?? ctx.on.updateStatus(), new State(fields));
    const thrown: unknown = await run.catch((error: unknown) => error);
    if (thrown instanceof InconsistentStateError) return thrown;
    throw new Error("no problem was reported", { cause: thrown });
  };

  for (const row of IMPOSSIBLE) {
    it(`reports that ${row[0]}`, async () => {
      const { problems } = await check(row);
      expect(problems.filter((problem) => problem.includes(row[0]))).to.have.lengthOf(1);
      expect(problems).to.have.lengthOf(1);
    });
  }

  it("reports a deferred action and a deferred event without an observer name", async () => {
    const { on } = new Context(ProbeCharm, { metadata: METADATA });
    const { problems } = await check([
      "",
      { deferred: [on.action("act").deferred("A.b"), on.install().deferred("")] },
    ]);
    expect(problems).to.deep.equal([
      "action:act cannot be deferred",
      "the observer of the deferred install has no name",
    ]);
  });

  it("reports all problems together, with the event", async () => {
    const { message } = await check(["", { config: { colour: "red" }, plannedUnits: -1 }]);
    expect(message).to.equal(
      "Cannot run update-status: event and state are impossible under Juju: the option colour is not in config.yaml; plannedUnits is -1, which is not a whole number from 0",
    );
  });

  it("accepts what is possible but rare: a removal, a secret of this application that another unit changed", async () => {
    const ctx = new Context(ProbeCharm, { metadata: METADATA });
    expect(await ctx.run(ctx.on.stop(), new State({ plannedUnits: 0 }))).to.include({ plannedUnits: 0 });
    await ctx.run(ctx.on.secretChanged(own), new State({ secrets: [own] }));
    await ctx.run(ctx.on.action("act", { params: { size: 1, tags: ["a"] } }), new State());
    const old = new Context(ProbeCharm, { metadata: METADATA, jujuVersion: "3.4.0" });
    await old.run(old.on.updateStatus(), new State({ config: { key: granted.uri }, secrets: [granted] }));
  });

  it("accepts a possible state", async () => {
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
