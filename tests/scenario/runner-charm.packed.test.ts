import { join } from "node:path";
import { expect } from "chai";
import { archiveName, hostArchitecture } from "juju-charm/pack";
import { loadMetadata } from "juju-charm/metadata";
import { ActionFailed, PackedContext, State } from "juju-charm/testing";

const ROOT = join(import.meta.dirname, "../..");

describe("the packed runner charm, without GitHub", function () {
  this.timeout(120_000);
  let ctx: PackedContext;

  before(async () => {
    const name = archiveName(await loadMetadata(ROOT), hostArchitecture());
    ctx = await PackedContext.open({ charm: join(ROOT, "dist", name) });
  });

  after(() => ctx.close());

  it("is blocked until a token is set", async () => {
    const out = await ctx.run(ctx.on.configChanged(), new State({ config: { path: "org/repo" } }));
    expect(out.unitStatus.name).to.equal("blocked");
    expect(out.unitStatus.message).to.include("token");
  });

  it("changes nothing for an unobserved event", async () => {
    const state = new State({ leader: true });
    expect(await ctx.run(ctx.on.leaderElected(), state)).to.deep.equal(state);
  });

  it("fails an action with the error to fix", async () => {
    const run = ctx.run(ctx.on.action("check-runners"), new State({ config: { path: "org/repo" } }));
    const thrown: unknown = await run.catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(ActionFailed);
    expect((thrown as ActionFailed).message).to.include("token");
  });
});
