import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { GithubRunnerCharm } from "../../src/charm/charm.ts";
import { readSettings } from "../../src/unit/service-settings.ts";
import { loadMetadata } from "juju-charm/metadata";
import { ActionFailed, Context, Relation, State, SubordinateRelation } from "juju-charm/testing";
import type { JsonObject } from "juju-charm";
import { lonelySystem } from "../charm/lonely-system.ts";

const ROOT = join(import.meta.dirname, "../..");
const TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
const configured = { path: "org/repo", token: TOKEN };
const usable = {
  ...configured,
  "image-server": "local",
  "instance-type": "container",
  // Nobody listens there.
  "github-url": "http://127.0.0.1:9",
  "test-mode": "insecure",
};

describe("the runner charm, without LXD and GitHub", () => {
  let directory: string;
  let ctx: Context;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "scenario-"));
    const system = lonelySystem(directory);
    ctx = new Context((framework) => new GithubRunnerCharm(framework, system), {
      metadata: await loadMetadata(ROOT),
    });
  });

  after(() => rm(directory, { recursive: true, force: true }));

  it("is blocked with a message until a token is set", async () => {
    const out = await ctx.run(ctx.on.configChanged(), new State({ config: { path: "org/repo" } }));
    expect(out.unitStatus.name).to.equal("blocked");
    expect(out.unitStatus.message).to.include("token");
  });

  it("reports all invalid options at once", async () => {
    const config = { ...configured, path: "a/b/c/d", "virtual-machines": -1 };
    const { unitStatus } = await ctx.run(ctx.on.configChanged(), new State({ config }));
    expect(unitStatus.name).to.equal("blocked");
    expect(unitStatus.message).to.include("path").and.to.include("virtual-machines");
  });

  it("never outputs the token, not even in the error of an invalid option", async () => {
    const config = { path: TOKEN, token: TOKEN };
    const out = await ctx.run(ctx.on.configChanged(), new State({ config }));
    expect(JSON.stringify([out.unitStatus, ctx.jujuLog, ctx.unitStatusHistory])).not.to.include(TOKEN);
  });

  it("is blocked when LXD is missing, and names LXD", async () => {
    const out = await ctx.run(ctx.on.updateStatus(), new State({ config: usable }));
    expect(out.unitStatus.name).to.equal("blocked");
    expect(out.unitStatus.message).to.include("LXD");
  });

  it("can be removed from a machine that never had LXD", async () => {
    for (const event of [ctx.on.stop(), ctx.on.remove()]) {
      await ctx.run(event, new State({ config: usable }));
      expect(ctx.jujuLog.map(({ message }) => message).join("\n")).to.include(
        "LXD is not installed on this machine",
      );
    }
  });

  it("is blocked by a changed immutable option until the old value is restored", async () => {
    const storedState = { "installed-options": { "base-image": "noble", "runner-storage": "juju-storage" } };
    const run = async (change: JsonObject, before = new State({ storedState })) => {
      const { storedState: stored, unitStatus } = before;
      const state = new State({ config: { ...usable, ...change }, storedState: stored, unitStatus });
      return ctx.run(ctx.on.updateStatus(), state);
    };
    const changed = await run({ "base-image": "jammy" });
    expect(changed.unitStatus.message).to.equal(
      "base-image config cannot be changed after deployment, redeploy if needed",
    );
    const back = await run({ "base-image": "noble" }, changed);
    expect(back.unitStatus.message).to.include("LXD").and.not.to.include("base-image");
  });

  it("changes nothing for an unobserved event", async () => {
    const state = new State({ config: configured, leader: true });
    expect(await ctx.run(ctx.on.leaderElected(), state)).to.deep.equal(state);
    expect(ctx.unitStatusHistory).to.deep.equal([]);
  });

  it("fails an action with the error to fix, and keeps the status", async () => {
    const thrown: unknown = await ctx
      .run(ctx.on.action("check-runners"), new State({ config: { path: "org/repo" } }))
      .catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(ActionFailed);
    expect((thrown as ActionFailed).message).to.include("token");
    expect((thrown as ActionFailed).state.unitStatus.name).to.equal("unknown");
  });

  it("explains by an action that jobs wait for the options to be corrected", async () => {
    await ctx.run(ctx.on.action("explain-queue"), new State({ config: { path: "org/repo" } }));
    const results = ctx.actionResults;
    expect(results).to.include({ queued: "unknown", "oldest-seconds": "0", reason: "configuration" });
    expect(results["details"]).to.include("token");
  });

  it("gives its metrics a port where somebody wants them, and none otherwise", async () => {
    const collector = new SubordinateRelation({ endpoint: "cos-agent", remoteApp: "agent" });
    const portOf = async (relations: readonly SubordinateRelation[], port?: number) => {
      const config = { ...usable, ...(port !== undefined && { "metrics-port": port }) };
      await ctx.run(ctx.on.configChanged(), new State({ config, relations }));
      return (await readSettings(join(directory, "data/github-runner-0/service.json"))).metricsPort;
    };
    expect(await portOf([])).to.equal(undefined);
    expect(await portOf([], 9100)).to.equal(9100);
    const chosen = await portOf([collector]);
    expect(chosen).to.be.within(20_000, 29_999);
    expect(await portOf([collector]), "told to the agent before the service listens").to.equal(chosen);
    expect(await portOf([collector], 9100)).to.equal(9100);
    expect(await portOf([])).to.equal(undefined);
  });

  const debugSsh = (data: Readonly<Record<string, string>>) =>
    new Relation({ endpoint: "debug-ssh", remoteApp: "tmate", remoteUnits: { 0: data } });

  it("is blocked by invalid debug-ssh data, and names the remote unit", async () => {
    const relation = debugSsh({
      host: "tmate.example.com",
      port: "10022",
      rsa_fingerprint: "SHA256:a",
      ed25519_fingerprint: "SHA256:b",
    });
    const state = new State({ config: usable, relations: [relation] });
    const { unitStatus } = await ctx.run(ctx.on.relationChanged(relation, { unit: 0 }), state);
    expect(unitStatus.name).to.equal("blocked");
    expect(unitStatus.message).to.equal(
      "Invalid SSH debug information: tmate/0 shares a host that is not an IP address; correct it there, or remove the relation",
    );
  });

  it("skips a unit with incomplete debug-ssh data, with a warning", async () => {
    const relation = debugSsh({ host: "10.1.2.3" });
    const state = new State({ config: usable, relations: [relation] });
    await ctx.run(ctx.on.relationChanged(relation, { unit: 0 }), state);
    expect(JSON.stringify(ctx.jujuLog)).to.include("Debug SSH server is not ready unit=tmate/0 missing=");
  });

  it("does nothing when debug-ssh departs because this unit is being removed", async () => {
    const relation = debugSsh({ host: "10.1.2.3" });
    const state = new State({ config: usable, relations: [relation] });
    const departed = (departingUnit: string) =>
      ctx.run(ctx.on.relationDeparted(relation, { unit: 0, departingUnit }), state);
    expect((await departed("github-runner/0")).unitStatus).to.deep.equal(state.unitStatus);
    expect((await departed("tmate/0")).unitStatus).not.to.deep.equal(state.unitStatus);
  });
});
