import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import { Relation, State, type DataBag } from "juju-charm/testing";
import { CertificateRequestError, type ProvidedCertificate } from "../src/index.ts";
import { Authority } from "./authority.ts";
import {
  certificatesRelation,
  keySecret,
  records,
  REQUEST,
  requestsIn,
  webContext,
  type WebOptions,
} from "./web-charm.ts";

const EC = { type: "ec", curve: "P-256" } as const;
const DAY_MS = 86_400_000;

describe("TLSCertificates", () => {
  let authority: Authority;
  before(() => (authority = new Authority()));
  after(() => {
    authority.close();
  });

  const pems = (state: State, scope?: "unit" | "app") =>
    requestsIn(state, scope).map(({ certificate_signing_request: pem }) => pem);
  const answered = (state: State, data: DataBag) => {
    const relation = state.relation(7);
    return relation.kind === "relation" ? state.withRelation(relation.with({ remoteAppData: data })) : state;
  };

  /** Requests, and has the provider answer. */
  async function issued({ days = 30, ...options }: WebOptions & { readonly days?: number }) {
    const web = webContext({ key: EC, ...options });
    const { ctx } = web;
    const relation = certificatesRelation();
    const asked = await ctx.run(ctx.on.relationCreated(relation), new State({ relations: [relation] }));
    const given = answered(asked, authority.answer(pems(asked), { days }));
    return { ...web, asked, state: await ctx.run(ctx.on.relationChanged(given.relation(7)), given) };
  }

  for (const [title, key] of [
    ["RSA", { type: "rsa", bits: 2048 }],
    ["P-256", EC],
    ["P-384", { type: "ec", curve: "P-384" }],
  ] as const) {
    it(`sends a request with every field, signed by a key of ${title}, when the relation is created`, async () => {
      const { ctx } = webContext({ requests: [REQUEST], key });
      const relation = certificatesRelation();
      const state = await ctx.run(ctx.on.relationCreated(relation), new State({ relations: [relation] }));
      const text = authority.describe(pems(state)[0] ?? "");
      expect(text).to.match(
        /Subject: .*L=Mitte,ST=Berlin,C=DE,emailAddress=web@example.com,OU=Web,O=Octo,CN=web.example.com/,
      );
      for (const name of ["DNS:web.example.com", "DNS:*.web.example.com", "IP Address:10.1.2.3"])
        expect(text).to.include(name);
      expect(text).to.include("IP Address:2001:DB8:0:0:0:0:0:1").and.to.include("Registered ID:1.2.3.4");
      expect(requestsIn(state)[0]?.ca).to.equal(false);
      expect(keySecret(state)?.owner).to.equal("unit");
    });
  }

  it("tells a certificate once, and keeps what it has sent, when nothing changes", async () => {
    const { ctx, seen, asked, state } = await issued({ requests: [REQUEST] });
    const again = await ctx.run(ctx.on.updateStatus(), state);
    expect(seen.events).to.deep.equal(["available"]);
    expect(requestsIn(again)).to.deep.equal(requestsIn(asked));
    expect(new X509Certificate(seen.certificates[0] ?? "").subject).to.include("CN=web.example.com");
  });

  it("tells a certificate again when its observer has not succeeded", async () => {
    const { ctx, seen, state } = await issued({ requests: [REQUEST], stops: true });
    expect(records(state)).to.deep.equal([]);
    const taken = await ctx.run(ctx.on.updateStatus(), state);
    await ctx.run(ctx.on.updateStatus(), taken);
    expect(seen.events).to.deep.equal(["available", "available"]);
  });

  it("ignores a certificate for another key, and one for an authority that nobody asked for", async () => {
    const other = await issued({ requests: [REQUEST] });
    const { ctx, seen, asked } = await issued({ requests: [REQUEST] });
    seen.events.length = 0;
    const [entry] = JSON.parse(authority.answer(pems(other.asked))["certificates"] ?? "[]") as object[];
    const foreign = { ...entry, certificate_signing_request: pems(asked)[0] };
    const signers = authority.answer(pems(asked), { isCA: true });
    for (const data of [{ certificates: JSON.stringify([foreign]) }, signers]) {
      const given = answered(asked, data);
      await ctx.run(ctx.on.relationChanged(given.relation(7)), given);
    }
    expect(seen.events).to.deep.equal([]);
  });

  it("takes a certificate beside entries that it cannot read", async () => {
    const { ctx, seen, asked } = await issued({ requests: [REQUEST] });
    seen.events.length = 0;
    const good = JSON.parse(authority.answer(pems(asked))["certificates"] ?? "[]") as unknown[];
    const odd = [null, 7, {}, { certificate: "x", ca: "y", certificate_signing_request: "z" }, ...good];
    const given = answered(asked, { certificates: JSON.stringify(odd), request_errors: "{" });
    await ctx.run(ctx.on.relationChanged(given.relation(7)), given);
    expect(seen.events).to.deep.equal(["available"]);
    expect(
      ctx.jujuLog.filter(({ level }) => level === "WARNING").map(({ message }) => message)[0],
    ).to.include("entry 0 of certificates cannot be read");
  });

  it("renews in time beside the certificate in use, which is there until the new one has come", async () => {
    let now = Date.now();
    const current: (ProvidedCertificate | undefined)[] = [];
    const { ctx, seen, state } = await issued({
      requests: [REQUEST],
      clock: { now: () => now },
      days: 10,
      act: async (certificates) => void current.push(await certificates.current(REQUEST)),
    });
    const [first] = seen.certificates;
    now += 8 * DAY_MS;
    const early = await ctx.run(ctx.on.updateStatus(), state);
    expect(pems(early)).to.deep.equal(pems(state));
    now += 1.5 * DAY_MS;
    const due = await ctx.run(ctx.on.updateStatus(), early);
    expect(pems(due)).to.have.lengthOf(2).and.to.include(pems(state)[0]);
    const patient = await ctx.run(ctx.on.updateStatus(), due);
    expect(pems(patient)).to.deep.equal(pems(due));
    const given = answered(patient, authority.answer(pems(patient)));
    const renewed = await ctx.run(ctx.on.relationChanged(given.relation(7)), given);
    await ctx.run(ctx.on.updateStatus(), renewed);
    expect(pems(renewed)).to.deep.equal([pems(due)[1]]);
    expect(seen.events).to.deep.equal(["available", "available"]);
    const used = current.map((certificate) => certificate?.certificate);
    expect(used).to.deep.equal([first, first, first, seen.certificates[1]]);
    expect(records(renewed)).to.have.lengthOf(1);
  });

  it("renews when Juju says that the record has expired", async () => {
    const { ctx, state } = await issued({ requests: [REQUEST] });
    const [record] = records(state);
    if (!record) throw new Error("There is no record");
    const due = await ctx.run(ctx.on.secretExpired(record, { revision: 1 }), state);
    expect(pems(due)).to.have.lengthOf(2);
    expect(records(due)).to.deep.equal([]);
  });

  it("removes an expired record when the relation is gone", async () => {
    const { ctx, state } = await issued({ requests: [REQUEST] });
    const [record] = records(state);
    if (!record) throw new Error("There is no record");
    const alone = state.with({ relations: [] });
    expect(records(await ctx.run(ctx.on.secretExpired(record, { revision: 1 }), alone))).to.deep.equal([]);
  });

  it("asks anew with a new key after regenerateKey()", async () => {
    const { ctx, seen, state } = await issued({
      requests: [REQUEST],
      act: (certificates) => certificates.regenerateKey(),
    });
    const changed = await ctx.run(ctx.on.updateStatus(), state);
    expect(pems(changed)).to.have.lengthOf(1).and.not.to.include(pems(state)[0]);
    expect(keySecret(changed)?.latest).not.to.deep.equal(keySecret(state)?.latest);
    const given = answered(changed, authority.answer(pems(changed)));
    await ctx.run(ctx.on.relationChanged(given.relation(7)), given);
    expect(seen.events).to.deep.equal(["available", "available"]);
  });

  it("withdraws a request that is no longer wanted, with its record", async () => {
    let requests = [REQUEST, { commonName: "old" }];
    const { ctx, state } = await issued({ requests: () => Promise.resolve(requests) });
    requests = [REQUEST];
    const less = await ctx.run(ctx.on.configChanged(), state);
    expect(pems(less)).to.deep.equal([pems(state)[0]]);
    expect(records(less)).to.have.lengthOf(1);
  });

  it("asks only on the leader, in the application's data, for the application", async () => {
    const { ctx } = webContext({ requests: [{ ...REQUEST, isCA: true }], scope: "app", key: EC });
    const relation = certificatesRelation();
    const state = new State({ relations: [relation] });
    const follower = await ctx.run(ctx.on.relationCreated(relation), state);
    expect([...requestsIn(follower, "app"), ...follower.secrets]).to.deep.equal([]);
    const leader = await ctx.run(ctx.on.relationCreated(relation), state.with({ leader: true }));
    expect(requestsIn(leader, "app").map(({ ca }) => ca)).to.deep.equal([true]);
    expect(keySecret(leader)).to.include({ owner: "application" });
  });

  it("removes its secrets when the relation is removed, unless there is another", async () => {
    const { ctx, state } = await issued({ requests: [REQUEST] });
    const gone = await ctx.run(ctx.on.relationBroken(state.relation(7)), state);
    expect(gone.secrets).to.deep.equal([]);
    const other = new Relation({ endpoint: "certificates", id: 8, remoteApp: "next" });
    const both = state.with({ relations: [...state.relations, other] });
    const one = await ctx.run(ctx.on.relationBroken(state.relation(7)), both);
    expect(one.secrets).to.have.lengthOf(2);
  });

  for (const [problem, request] of [
    ["it has no name", {}],
    ["is not a DNS name", { dnsNames: ["a b"] }],
    ["is not an IP address", { ipAddresses: ["10.1.2"] }],
    ["is not an object identifier", { objectIDs: ["x"] }],
    ["the country is not two capital letters", { commonName: "a", country: "Germany" }],
    ["the common name is longer than 64", { commonName: "a".repeat(65) }],
  ] as const) {
    it(`refuses a request when ${problem}`, async () => {
      const { ctx } = webContext({ requests: [request], key: EC });
      const relation = certificatesRelation();
      const running = ctx.run(ctx.on.relationCreated(relation), new State({ relations: [relation] }));
      const thrown = await running.catch((error: unknown) => error);
      const { cause } = thrown as Error;
      expect(cause).to.be.instanceOf(CertificateRequestError);
      expect((cause as Error).message).to.include(problem);
    });
  }
});
