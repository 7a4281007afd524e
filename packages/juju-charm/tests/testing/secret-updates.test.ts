import { expect } from "chai";
import type { JujuSecret } from "../../src/index.ts";
import { readMetadata } from "../../src/metadata/read-metadata.ts";
import { Context, Secret, State } from "../../src/testing/index.ts";
import { Simulation } from "../../src/testing/simulation/simulation.ts";
import { charmThat } from "../run-charm.ts";

const metadata = readMetadata({ charm: "name: tiny\nsummary: S\ndescription: D\n" });

/** Changes an own secret in one hook. @returns the secret afterwards */
async function change(jujuVersion: string, work: (secret: JujuSecret) => Promise<void>): Promise<Secret> {
  const create = charmThat((framework, { on, model }) => {
    framework.observe(on.updateStatus, async () => work(model.secret({ label: "mine" })));
  });
  const ctx = new Context(create, { metadata, jujuVersion });
  const secret = new Secret({ owner: "unit", label: "mine", content: { token: "old" } });
  const state = await ctx.run(ctx.on.updateStatus(), new State({ secrets: [secret] }));
  return state.secret(secret);
}

for (const jujuVersion of ["3.3.0", "3.5.7", "3.6.28", "4.0.15"]) {
  describe(`an own secret on Juju ${jujuVersion}`, () => {
    it("keeps the content of setContent() when setInfo() follows", async () => {
      const secret = await change(jujuVersion, async (own) => {
        await own.setContent({ token: "new" });
        await own.setInfo({ description: "A token" });
      });
      expect(secret).to.deep.include({ latest: { token: "new" }, latestRevision: 2, description: "A token" });
    });

    it("keeps the metadata of setInfo() when setContent() follows", async () => {
      const secret = await change(jujuVersion, async (own) => {
        await own.setInfo({ description: "A token", rotate: "daily" });
        await own.setInfo({ rotate: "weekly" });
        await own.setContent({ token: "new" });
      });
      expect(secret).to.deep.include({ latest: { token: "new" }, description: "A token", rotate: "weekly" });
    });
  });
}

describe("secret-set of the testing kit, twice in a hook", () => {
  for (const [jujuVersion, token] of [
    ["3.5.7", "old"],
    ["3.6.28", "new"],
  ] as const) {
    it(`leaves the ${token} content on Juju ${jujuVersion} when only the first call has content`, () => {
      const secret = new Secret({ owner: "unit", content: { token: "old" } });
      const { on } = new Context(() => ({}) as never, { metadata });
      const { secrets, transaction } = new Simulation(new State({ secrets: [secret] }), {
        appName: "tiny",
        unitName: "tiny/0",
        metadata,
        event: on.updateStatus(),
        jujuVersion,
        now: () => 0,
        onRebootNow: () => undefined,
      });
      secrets.change(secret.id, { content: { token: "new" } });
      secrets.change(secret.id, { description: "A token" });
      transaction.flush();
      expect(transaction.committed.secret(secret)).to.deep.include({
        latest: { token },
        description: "A token",
      });
    });
  }
});
