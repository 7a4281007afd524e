import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Relation, Secret, State, type DataBag } from "juju-charm/testing";
import type { DataRequest, DataResource } from "../src/index.ts";
import { clientContext } from "./client-charm.ts";

/** Recorded from the Python library. */
interface Answer {
  readonly request: DataBag;
  readonly data: DataBag;
  readonly secrets: Readonly<Record<string, { readonly content: Readonly<Record<string, string>> }>>;
}

const { answers } = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/python-library.json"), "utf8"),
) as { readonly answers: Readonly<Record<string, Answer>> };

function answerOf(name: string): Answer {
  const answer = answers[name];
  if (!answer) throw new Error(`There is no answer called ${name}`);
  return answer;
}

/** A state in which a provider has answered. */
function answered({ data, secrets }: Answer, granted = true): State {
  const relation = new Relation({ endpoint: "database", id: 4, remoteApp: "db", remoteAppData: data });
  const all = Object.entries(secrets).map(
    ([uri, { content }]) =>
      new Secret({ id: uri.replace("secret:", ""), revisions: { 1: content }, granted }),
  );
  return new State({ relations: [relation], secrets: all });
}

/** Another answer of the same provider. */
function changed(state: State, data: DataBag): State {
  const relation = state.relation(4);
  if (relation.kind !== "relation") throw new Error("It is a peer relation");
  return state.withRelation(relation.with({ remoteAppData: { ...relation.remoteAppData, ...data } }));
}

/** What is easy to compare; secrets are revealed. */
function plain(resource: DataResource | undefined) {
  if (!resource) return undefined;
  const { name, username, password, endpoints, readOnlyEndpoints, tls, tlsCA, version } = resource;
  const { uris, entityName, entityPassword } = resource;
  return {
    ...{ name, username, endpoints, readOnlyEndpoints, tls, tlsCA, version, entityName },
    password: password?.reveal(),
    uris: uris?.reveal(),
    entityPassword: entityPassword?.reveal(),
  };
}

const REQUEST: DataRequest = { database: "web" };
const NOTHING = { entityName: undefined, entityPassword: undefined, uris: undefined, version: undefined };
const TLS = { tls: true, tlsCA: "---ca---" };
const POSTGRESQL = {
  ...NOTHING,
  ...TLS,
  name: "web",
  username: "user1",
  password: "pass1",
  endpoints: ["10.1.2.3:5432"],
  readOnlyEndpoints: ["10.1.2.4:5432", "10.1.2.5:5432"],
  uris: "postgresql://user1:pass1@10.1.2.3:5432/web",
  version: "16.9",
};

/** By the name of the recorded answer. */
const CASES: Readonly<Record<string, readonly [request: DataRequest, resource: object]>> = {
  postgresql: [
    { database: "web", extraUserRoles: ["admin", "createdb"], externalNodeConnectivity: true },
    POSTGRESQL,
  ],
  kafka: [
    { topic: "events", extraUserRoles: ["consumer"], consumerGroupPrefix: "web-" },
    {
      ...NOTHING,
      ...TLS,
      name: "events",
      username: "user1",
      password: "pass1",
      endpoints: ["10.1.2.3:9092", "10.1.2.4:9092"],
      readOnlyEndpoints: [],
    },
  ],
  opensearch: [
    { index: "logs" },
    {
      ...NOTHING,
      ...TLS,
      name: "logs",
      username: "user1",
      password: "pass1",
      endpoints: ["10.1.2.3:9200"],
      readOnlyEndpoints: [],
      version: "2.19",
    },
  ],
  entity: [
    {
      database: "web",
      entityType: "GROUP",
      extraGroupRoles: ["g"],
      entityPermissions: [{ resourceName: "a", resourceType: "table", privileges: ["SELECT"] }],
    },
    {
      ...POSTGRESQL,
      username: undefined,
      password: undefined,
      entityName: "group1",
      entityPassword: "grouppass",
    },
  ],
  v1: [
    { database: "web", extraUserRoles: ["admin"] },
    { ...POSTGRESQL, readOnlyEndpoints: ["10.1.2.4:5432"] },
  ],
};

describe("DataInterface", () => {
  for (const [name, [request, resource]] of Object.entries(CASES)) {
    it(`asks what the Python library understands, and reads its answer, with ${name}`, async () => {
      const { ctx, seen } = clientContext(request);
      const answer = answerOf(name);
      const relation = new Relation({ endpoint: "database", id: 4, remoteApp: "db" });
      const asked = await ctx.run(
        ctx.on.relationCreated(relation),
        new State({ leader: true, relations: [relation] }),
      );
      expect(asked.relation(relation).localAppData).to.deep.equal(answer.request);
      const state = answered(answer);
      await ctx.run(ctx.on.relationChanged(state.relation(4)), state);
      expect(seen.events[0]).to.equal("created");
      expect(plain(seen.resources[0])).to.deep.equal(resource);
    });
  }

  it("leaves the request to the leader, which also sends it when it is elected", async () => {
    const { ctx } = clientContext(() => Promise.resolve(REQUEST));
    const relation = new Relation({ endpoint: "database", id: 4, remoteApp: "db" });
    const state = new State({ relations: [relation] });
    const follower = await ctx.run(ctx.on.relationCreated(relation), state);
    expect(follower.relation(relation).localAppData).to.deep.equal({});
    const leader = await ctx.run(ctx.on.leaderElected(), follower.with({ leader: true }));
    expect(leader.relation(relation).localAppData).to.include({ database: "web" });
  });

  it("tells each change once", async () => {
    const { ctx, seen } = clientContext(REQUEST);
    const state = answered(answerOf("postgresql"));
    const run = async (from: State) => ctx.run(ctx.on.relationChanged(from.relation(4)), from);
    const created = await run(await run(state));
    expect(seen.events.splice(0)).to.deep.equal(["created", "statusesChanged"]);
    const moved = await run(await run(changed(created, { endpoints: "10.9.9.9:5432" })));
    expect(seen.events.splice(0)).to.deep.equal(["endpointsChanged"]);
    expect(seen.resources.at(-1)?.endpoints).to.deep.equal(["10.9.9.9:5432"]);
    const status = JSON.stringify([null, { code: "x" }, { code: 4001, message: "Full" }]);
    await run(changed(moved, { status }));
    expect(seen.events).to.deep.equal(["statusesChanged"]);
    expect(seen.statuses.at(-1)).to.deep.equal([{ code: 4001, message: "Full", resolution: "" }]);
  });

  it("tells the credentials again when their observer has not succeeded", async () => {
    const { ctx, seen } = clientContext(REQUEST, { stops: true });
    const state = answered(answerOf("kafka"));
    const stopped = await ctx.run(ctx.on.relationChanged(state.relation(4)), state);
    await ctx.run(ctx.on.relationChanged(stopped.relation(4)), stopped);
    expect(seen.events).to.deep.equal(["created", "created"]);
  });

  it("reads the new password when the provider has changed it", async () => {
    const { ctx, seen } = clientContext(REQUEST);
    const before = answered(answerOf("postgresql"));
    const state = await ctx.run(ctx.on.relationChanged(before.relation(4)), before);
    seen.events.length = 0;
    const [user] = state.secrets.filter(({ label }) => label === "database.4.user.secret");
    if (!user) throw new Error("The secret has no label");
    const rotated = user.with({ revisions: { ...user.revisions, 2: { ...user.latest, password: "pass2" } } });
    await ctx.run(ctx.on.secretChanged(rotated), state.withSecret(rotated));
    expect(seen.events).to.deep.equal(["credentialsChanged"]);
    expect(seen.resources.at(-1)?.password?.reveal()).to.equal("pass2");
  });

  it("waits for secrets that are not granted, and tells them when they are", async () => {
    const { ctx, seen } = clientContext(REQUEST);
    const answer = answerOf("kafka");
    const refused = answered(answer, false);
    const state = await ctx.run(ctx.on.relationChanged(refused.relation(4)), refused);
    expect(seen.events).to.deep.equal([]);
    const granted = state.with({ secrets: answered(answer).secrets });
    await ctx.run(ctx.on.relationChanged(granted.relation(4)), granted);
    expect(seen.events).to.deep.equal(["created"]);
  });

  it("reads credentials from the data of a provider without secrets, and keeps none of them", async () => {
    const { ctx, seen } = clientContext(REQUEST);
    const data = { username: "u", password: "very-secret", endpoints: "10.1.2.3:5432", tls: "False" };
    const state = answered({ request: {}, data, secrets: {} });
    const after = await ctx.run(ctx.on.relationChanged(state.relation(4)), state);
    expect(seen.resources[0]?.password?.reveal()).to.equal("very-secret");
    expect(seen.resources[0]).to.include({ username: "u", tls: false });
    expect(JSON.stringify(after.storedState)).not.to.include("very-secret");
  });

  it("waits for the unit of a subordinate provider", async () => {
    const { ctx, seen } = clientContext(REQUEST);
    const { data, secrets } = answerOf("kafka");
    const state = answered({ request: {}, data: { ...data, subordinated: "true" }, secrets });
    const early = await ctx.run(ctx.on.relationChanged(state.relation(4)), state);
    expect(seen.events).to.deep.equal([]);
    const relation = early.relation(4);
    if (relation.kind !== "relation") throw new Error("It is a peer relation");
    const ready = early.withRelation(relation.with({ remoteUnits: { 0: { state: "ready" } } }));
    await ctx.run(ctx.on.relationChanged(ready.relation(4), { unit: 0 }), ready);
    expect(seen.events).to.deep.equal(["created"]);
  });

  it("forgets a relation that is gone", async () => {
    const { ctx } = clientContext(REQUEST);
    const before = answered(answerOf("kafka"));
    const state = await ctx.run(ctx.on.relationChanged(before.relation(4)), before);
    expect(JSON.stringify(state.storedState)).to.include("secret-user");
    const gone = await ctx.run(ctx.on.relationBroken(state.relation(4)), state);
    expect(JSON.stringify(gone.storedState)).not.to.include("secret-user");
  });
});
