import { expect } from "chai";
import { lookAround, openPremises, SMALL, type PremisesBench } from "./lxd-premises-bench.ts";
import { patience, reasonToSkip } from "../lxd/client/support.ts";

const reason = reasonToSkip();
const describeLxd = reason === undefined ? describe : describe.skip;
const LARGER = { cpu: 2, memory: "512MiB", disk: "3GiB" } as const;

describeLxd(`LxdPremises${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(60_000);
  let bench: PremisesBench;
  let sharedBefore: unknown;
  const look = () => lookAround(bench.client, bench.stem, bench.owner.unitName);

  beforeEach(async () => {
    bench = await openPremises();
    sharedBefore = (await look()).shared.profile;
  });
  afterEach(async () => {
    await bench.premises.remove(patience());
    await bench.client.close();
  });

  it("are a pool, a bridge and profiles, all with the unit in name or description", async () => {
    const { premises, stem } = bench;
    await premises.ensure(SMALL, patience());
    const { instances, images, profiles, networks, pools } = await look();
    expect({ instances, images, profiles, networks, pools }).to.deep.equal({
      instances: [],
      images: [],
      profiles: [`${stem}-cpu-1-mem-256MiB-disk-2GiB`, `${stem}-runner`],
      networks: [premises.bridge],
      pools: [premises.pool],
    });
    expect(premises.profiles(SMALL)).to.deep.equal([`${stem}-runner`, `${stem}-cpu-1-mem-256MiB-disk-2GiB`]);
  });

  it("bound a runner's resources and keep runners apart", async () => {
    const { client, premises, stem } = bench;
    await premises.ensure(SMALL, patience());
    const [base, resources] = await Promise.all(
      premises.profiles(SMALL).map((name) => client.profiles.get(name, patience())),
    );
    expect(resources?.config).to.deep.equal({ "limits.cpu": "1", "limits.memory": "256MiB" });
    expect(resources?.devices["root"]).to.deep.equal({ type: "disk", path: "/", pool: stem, size: "2GiB" });
    expect(base?.devices["eth0"]).to.include({
      network: premises.bridge,
      "security.port_isolation": "true",
      "security.mac_filtering": "true",
    });
    const { config } = await client.networks.get(premises.bridge, patience());
    expect(config).to.include({ "ipv6.address": "none", "ipv4.nat": "true" });
  });

  it("stay as they are when they are ensured again", async () => {
    const { client, premises } = bench;
    await premises.ensure(SMALL, patience());
    const read = () =>
      Promise.all([
        client.networks.get(premises.bridge, patience()),
        client.storagePools.get(premises.pool, patience()),
        client.profiles.get(premises.baseProfile, patience()),
      ]);
    const before = await read();
    await premises.ensure(SMALL, patience());
    expect(await read()).to.deep.equal(before);
  });

  it("are made once by several who ensure them at the same time", async () => {
    const { premises } = bench;
    await Promise.all([1, 2, 3].map(() => premises.ensure(SMALL, patience())));
    const { profiles, networks, pools } = await look();
    expect([profiles.length, networks.length, pools.length]).to.deep.equal([2, 1, 1]);
  });

  it("are completed where a kill left them half made", async () => {
    const { client, premises } = bench;
    await premises.ensure(SMALL, patience());
    await client.profiles.delete(premises.baseProfile, patience());
    await client.networks.delete(premises.bridge, patience()).catch(() => undefined);
    await premises.ensure(SMALL, patience());
    const { profiles, networks, pools } = await look();
    expect([profiles.length, networks.length, pools.length]).to.deep.equal([2, 1, 1]);
  });

  it("gain a profile for each set of resources, and lose all of them in the end", async () => {
    const { premises } = bench;
    await premises.ensure(SMALL, patience());
    await premises.ensure(LARGER, patience());
    expect((await look()).profiles).to.have.length(3);
    expect(premises.profiles(LARGER)[0]).to.equal(premises.profiles(SMALL)[0]);
    expect(premises.profiles(LARGER)[1]).not.to.equal(premises.profiles(SMALL)[1]);
    await premises.remove(patience());
    const { instances, images, profiles, networks, pools } = await look();
    expect({ instances, images, profiles, networks, pools }).to.deep.equal({
      instances: [],
      images: [],
      profiles: [],
      networks: [],
      pools: [],
    });
  });

  it("may be removed twice, and before they were made", async () => {
    await bench.premises.remove(patience());
    await bench.premises.ensure(SMALL, patience());
    await bench.premises.remove(patience());
    await bench.premises.remove(patience());
    expect((await look()).pools).to.deep.equal([]);
  });

  it("change nothing of the default profile", async () => {
    await bench.premises.ensure(SMALL, patience());
    expect((await look()).shared.profile).to.deep.equal(sharedBefore);
    await bench.premises.remove(patience());
    expect((await look()).shared.profile).to.deep.equal(sharedBefore);
  });

  it("of two units stand side by side, on networks of their own", async () => {
    const other = await openPremises(bench.client);
    try {
      await Promise.all([bench.premises.ensure(SMALL, patience()), other.premises.ensure(SMALL, patience())]);
      expect(other.premises.bridge).not.to.equal(bench.premises.bridge);
      const subnets = await Promise.all(
        [bench, other].map(async ({ premises }) => {
          const { config } = await bench.client.networks.get(premises.bridge, patience());
          return config["ipv4.address"];
        }),
      );
      expect(new Set(subnets).size).to.equal(2);
      await other.premises.remove(patience());
      const { profiles, networks, pools } = await look();
      expect([profiles.length, networks.length, pools.length]).to.deep.equal([2, 1, 1]);
    } finally {
      await other.premises.remove(patience());
    }
  });

  it("can be checked before they are there", async () => {
    await bench.premises.check(patience());
    await bench.premises.ensure(SMALL, patience());
    await bench.premises.check(patience());
  });
});
