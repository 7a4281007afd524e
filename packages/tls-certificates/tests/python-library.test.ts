import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Secret, State, type DataBag } from "juju-charm/testing";
import { certificatesRelation, keySecret, records, REQUEST, requestsIn, webContext } from "./web-charm.ts";

/** Recorded from the Python library; `origin` says how. */
interface Recorded {
  readonly requirer: DataBag;
  readonly secrets: readonly { readonly label: string; readonly content: Readonly<Record<string, string>> }[];
  readonly issued: DataBag;
  readonly revoked: DataBag;
  readonly denied: DataBag;
}

const RECORDED = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/python-library.json"), "utf8"),
) as Recorded;

/** The state that a charm in Python leaves behind, with the provider's data. */
function stateOf(provider: DataBag, labels: RegExp): State {
  const secrets = RECORDED.secrets
    .filter(({ label }) => labels.test(label))
    .map(({ label, content }) => new Secret({ owner: "unit", label, content }));
  return new State({ relations: [certificatesRelation(RECORDED.requirer, provider)], secrets });
}

describe("TLSCertificates with data of the Python library", () => {
  it("keeps key, request and certificate of a charm that was ported", async () => {
    const { ctx, seen } = webContext({ requests: [REQUEST] });
    const before = stateOf(RECORDED.issued, /./);
    const state = await ctx.run(ctx.on.relationChanged(before.relation(7)), before);
    expect(seen.events).to.deep.equal([]);
    expect(requestsIn(state)).to.deep.equal(requestsIn(before));
    expect(keySecret(state)?.latest).to.deep.equal(keySecret(before)?.latest);
    expect(records(state)).to.have.lengthOf(1);
  });

  it("takes the certificate that the provider has issued", async () => {
    const { ctx, seen } = webContext({ requests: [REQUEST] });
    const before = stateOf(RECORDED.issued, /private-key/);
    const state = await ctx.run(ctx.on.relationChanged(before.relation(7)), before);
    expect(seen.events).to.deep.equal(["available"]);
    const [record] = records(state);
    expect(record?.label).to.equal(
      RECORDED.secrets.find(({ label }) => label.includes("certificate-0"))?.label,
    );
    expect(record?.latest["certificate"]).to.equal(seen.certificates[0]);
  });

  it("tells a revoked certificate once", async () => {
    const { ctx, seen } = webContext({ requests: [REQUEST] });
    const before = stateOf(RECORDED.revoked, /./);
    const state = await ctx.run(ctx.on.relationChanged(before.relation(7)), before);
    await ctx.run(ctx.on.relationChanged(state.relation(7)), state);
    expect(seen.events).to.deep.equal(["revoked"]);
    expect(records(state)).to.deep.equal([]);
    expect(requestsIn(state)).to.deep.equal(requestsIn(before));
  });

  it("tells why the provider gives none", async () => {
    const { ctx, seen } = webContext({ requests: [REQUEST] });
    const before = stateOf(RECORDED.denied, /private-key/);
    await ctx.run(ctx.on.relationChanged(before.relation(7)), before);
    expect(seen.denials).to.deep.equal(["102 No such domain"]);
  });
});
