import { expect } from "chai";
import { LxdUnitChanges } from "../../src/lxd/lxd-unit-changes.ts";
import type { UnitChange } from "../../src/service/ports.ts";
import { patience, reasonToSkip } from "../../packages/lxd-client/tests/support.ts";
import { openInfrastructure, roomFor } from "../contract/lxd-infrastructure-fixture.ts";

const reason = reasonToSkip();
const describeLxd = reason === undefined ? describe : describe.skip;

describeLxd(`LxdUnitChanges${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(180_000);

  it("follow() tells of changes of the unit's bridge and profiles, and of no other unit's", async () => {
    const unit = await openInfrastructure();
    const other = await openInfrastructure(unit.client);
    const stop = new AbortController();
    const { client } = unit;
    try {
      for (const { infrastructure } of [unit, other]) await infrastructure.ensure(roomFor(0), patience());
      const { bridge, baseProfile } = unit.infrastructure;
      const opened = Promise.withResolvers<undefined>();
      const seen: UnitChange[] = [];
      const complete = Promise.withResolvers<undefined>();
      const following = new LxdUnitChanges({ client, slug: unit.slug, bridge }).follow(
        () => {
          opened.resolve(undefined);
        },
        (change) => {
          if ("instance" in change) return;
          seen.push(change);
          if (change.action === "profile-updated") complete.resolve(undefined);
        },
        stop.signal,
      );
      await opened.promise;
      for (const name of [other.infrastructure.bridge, bridge]) {
        const { value, etag } = await client.networks.getTagged(name, patience());
        const { config, description } = value;
        const changed = { config: { ...config, "ipv4.dhcp.expiry": "1h" }, description };
        await client.networks.put(name, changed, etag, patience());
      }
      for (const name of [other.infrastructure.baseProfile, baseProfile]) {
        const { value, etag } = await client.profiles.getTagged(name, patience());
        const changed = { ...value, config: { ...value.config, "security.nesting": "false" } };
        await client.profiles.put(name, changed, etag, patience());
      }
      await complete.promise;
      expect(seen.map(({ action }) => action)).to.deep.equal(["network-updated", "profile-updated"]);
      stop.abort(new Error("stop"));
      await following.catch((thrown: unknown) => {
        expect(thrown).to.equal(stop.signal.reason);
      });
    } finally {
      stop.abort(new Error("stop"));
      for (const { infrastructure } of [unit, other]) await infrastructure.remove(patience());
      await client.close();
    }
  });
});
