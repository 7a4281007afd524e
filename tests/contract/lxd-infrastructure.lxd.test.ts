import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { expect } from "chai";
import { runProcess } from "charm-kit";
import type { Config } from "lxd-client";
import { nicFilterProbe } from "../../src/host/nic-filters.ts";
import { HOST_PATHS } from "../../src/host/host-paths.ts";
import { KEYS, ownerConfig, ownerText } from "../../src/lxd/ownership.ts";
import { PoolTooSmallError } from "../../src/lxd/pool-space.ts";
import { filterNotices } from "../../src/lxd/runner-profiles.ts";
import { portPrefix } from "../../src/network/bridge-ports.ts";
import { parseNetwork } from "../../src/network/network.ts";
import {
  listUnitObjects,
  openInfrastructure,
  roomFor,
  SMALL,
  type InfrastructureFixture,
} from "./lxd-infrastructure-fixture.ts";
import { patience, reasonToSkip } from "../../packages/lxd-client/tests/support.ts";

const reason = reasonToSkip();
const describeLxd = reason === undefined ? describe : describe.skip;
const LARGER = { cpu: 2, memory: "512MiB", disk: "3GiB" } as const;

describeLxd(`LxdInfrastructure${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(180_000);
  let fixture: InfrastructureFixture;
  let sharedBefore: unknown;
  const listObjects = () => listUnitObjects(fixture.client, fixture.slug, fixture.owner.unitName);

  beforeEach(async () => {
    fixture = await openInfrastructure();
    sharedBefore = (await listObjects()).defaultProfile;
  });
  afterEach(async () => {
    await fixture.infrastructure.remove(patience());
    await fixture.client.close();
  });

  it("are a pool, a bridge and profiles, all with the unit in name or description", async () => {
    const { infrastructure, slug } = fixture;
    await infrastructure.ensure(roomFor(0), patience());
    const { instances, images, profiles, networks, pools } = await listObjects();
    expect({ instances, images, profiles, networks, pools }).to.deep.equal({
      instances: [],
      images: [],
      profiles: [`${slug}-cpu-1-mem-256MiB-disk-2GiB`, `${slug}-runner`],
      networks: [infrastructure.bridge],
      pools: [infrastructure.pool],
    });
    expect(infrastructure.profiles(SMALL)).to.deep.equal([
      `${slug}-runner`,
      `${slug}-cpu-1-mem-256MiB-disk-2GiB`,
    ]);
  });

  it("bound a runner's resources and keep runners apart", async () => {
    const { client, infrastructure, slug } = fixture;
    await infrastructure.ensure(roomFor(0), patience());
    const [base, resources] = await Promise.all(
      infrastructure.profiles(SMALL).map((name) => client.profiles.get(name, patience())),
    );
    expect(resources?.config).to.deep.equal({
      "limits.cpu": "1",
      "limits.memory": "256MiB",
      [KEYS.owner]: ownerText(fixture.owner),
    });
    expect(resources?.devices["root"]).to.deep.equal({ type: "disk", path: "/", pool: slug, size: "2GiB" });
    expect(base?.devices["eth0"]).to.include({
      network: infrastructure.bridge,
      "security.port_isolation": "true",
      "security.mac_filtering": "true",
    });
    const { config } = await client.networks.get(infrastructure.bridge, patience());
    expect(config).to.include({ "ipv6.address": "none", "ipv4.nat": "true" });
  });

  it("filter MAC, IPv4 and IPv6 addresses of a runner as far as the machine can, and tell what it cannot", async () => {
    const { client, infrastructure } = fixture;
    const { notices } = await infrastructure.ensure(roomFor(0), patience());
    const { devices } = await client.profiles.get(infrastructure.baseProfile, patience());
    const filters = await nicFilterProbe(HOST_PATHS, runProcess)("nftables", patience());
    expect(Object.keys(devices["eth0"] ?? {}).filter((key) => key.endsWith("_filtering"))).to.have.length(
      [filters.mac, filters.ipv4, filters.ipv6].filter(Boolean).length,
    );
    expect(notices).to.deep.equal(filterNotices(filters));
  });

  it("have profiles that are corrected when somebody has changed them", async () => {
    const { client, infrastructure } = fixture;
    await infrastructure.ensure(roomFor(0), patience());
    const before = await client.profiles.get(infrastructure.baseProfile, patience());
    const { etag } = await client.profiles.getTagged(infrastructure.baseProfile, patience());
    const changed = { ...before, config: { "security.privileged": "true" }, devices: {} };
    await client.profiles.put(infrastructure.baseProfile, changed, etag, patience());
    await infrastructure.ensure(roomFor(0), patience());
    expect(await client.profiles.get(infrastructure.baseProfile, patience())).to.deep.equal(before);
  });

  it("are not made when the pool cannot hold a single runner", async () => {
    const small = await openInfrastructure(fixture.client);
    const refused = await small.infrastructure
      .ensure(roomFor(9, { ...SMALL, disk: "20GiB" }), patience())
      .catch((thrown: unknown) => thrown);
    expect(refused).to.be.instanceOf(PoolTooSmallError);
    expect((refused as Error).message).to.match(
      /^Cannot keep any of 9 runners: .* of 12 GiB, and there are 5 GiB; lower /,
    );
    const { profiles, networks, pools } = await listUnitObjects(
      small.client,
      small.slug,
      small.owner.unitName,
    );
    expect([profiles, networks, pools]).to.deep.equal([[], [], []]);
  });

  it("are made for the runners that the pool can hold, and say what is missing", async () => {
    for (const state of ["new", "known"]) {
      const { count, notices } = await fixture.infrastructure.ensure(roomFor(9), patience());
      expect(count, state).to.equal(3);
      expect(notices[0]).to.match(/^6 of 9 missing: the storage pool has 5 GiB, room for 3; /);
    }
    expect((await listObjects()).pools).to.deep.equal([fixture.infrastructure.pool]);
    expect((await fixture.infrastructure.ensure(roomFor(3), patience())).count).to.equal(3);
  });

  it("stay as they are when they are ensured again", async () => {
    const { client, infrastructure } = fixture;
    await infrastructure.ensure(roomFor(0), patience());
    const read = () =>
      Promise.all([
        client.networks.get(infrastructure.bridge, patience()),
        client.storagePools.get(infrastructure.pool, patience()),
        client.profiles.get(infrastructure.baseProfile, patience()),
      ]);
    const before = await read();
    await infrastructure.ensure(roomFor(0), patience());
    expect(await read()).to.deep.equal(before);
  });

  it("are made once by several who ensure them at the same time", async () => {
    const { infrastructure } = fixture;
    await Promise.all([1, 2, 3].map(() => infrastructure.ensure(roomFor(0), patience())));
    const { profiles, networks, pools } = await listObjects();
    expect([profiles.length, networks.length, pools.length]).to.deep.equal([2, 1, 1]);
  });

  it("are completed where a kill left them half made", async () => {
    const { client, infrastructure } = fixture;
    await infrastructure.ensure(roomFor(0), patience());
    await client.profiles.delete(infrastructure.baseProfile, patience());
    await client.networks.delete(infrastructure.bridge, patience()).catch(() => undefined);
    await infrastructure.ensure(roomFor(0), patience());
    const { profiles, networks, pools } = await listObjects();
    expect([profiles.length, networks.length, pools.length]).to.deep.equal([2, 1, 1]);
  });

  it("lose the profile of resources that no instance has any more, and all of them in the end", async () => {
    const { client, infrastructure, slug } = fixture;
    await infrastructure.ensure(roomFor(0), patience());
    const used = { name: `${slug}-user`, type: "container", source: { type: "none" } } as const;
    await client.instances.create({ ...used, profiles: [...infrastructure.profiles(SMALL)] }, patience());
    await infrastructure.ensure(roomFor(0, LARGER), patience());
    expect((await listObjects()).profiles).to.have.length(3);
    await client.instances.delete(used.name, patience());
    await infrastructure.ensure(roomFor(0, LARGER), patience());
    expect((await listObjects()).profiles).to.deep.equal([
      `${slug}-cpu-2-mem-512MiB-disk-3GiB`,
      `${slug}-runner`,
    ]);
    expect(infrastructure.profiles(LARGER)[0]).to.equal(infrastructure.profiles(SMALL)[0]);
    expect(infrastructure.profiles(LARGER)[1]).not.to.equal(infrastructure.profiles(SMALL)[1]);
    await infrastructure.remove(patience());
    const { instances, images, profiles, networks, pools } = await listObjects();
    expect({ instances, images, profiles, networks, pools }).to.deep.equal({
      instances: [],
      images: [],
      profiles: [],
      networks: [],
      pools: [],
    });
  });

  it("may be removed twice, and before they were made", async () => {
    await fixture.infrastructure.remove(patience());
    await fixture.infrastructure.ensure(roomFor(0), patience());
    await fixture.infrastructure.remove(patience());
    await fixture.infrastructure.remove(patience());
    expect((await listObjects()).pools).to.deep.equal([]);
  });

  it("are removed with the interfaces that failed starts of instances have left, and no others", async () => {
    const { infrastructure } = fixture;
    await infrastructure.ensure(roomFor(1), patience());
    const left = `${portPrefix(infrastructure.bridge)}5`;
    const other = `${left.slice(0, 3)}0000000-5`;
    for (const name of [left, other]) execFileSync("ip", ["link", "add", name, "type", "veth"]);
    try {
      await infrastructure.remove(patience());
      const names = readdirSync("/sys/class/net");
      expect(names).to.include(other).and.not.include(left);
    } finally {
      execFileSync("ip", ["link", "delete", other]);
    }
  });

  it("change nothing of the default profile", async () => {
    await fixture.infrastructure.ensure(roomFor(0), patience());
    expect((await listObjects()).defaultProfile).to.deep.equal(sharedBefore);
    await fixture.infrastructure.remove(patience());
    expect((await listObjects()).defaultProfile).to.deep.equal(sharedBefore);
  });

  it("of two units stand side by side, on networks of their own", async () => {
    const other = await openInfrastructure(fixture.client);
    try {
      await Promise.all([
        fixture.infrastructure.ensure(roomFor(0), patience()),
        other.infrastructure.ensure(roomFor(0), patience()),
      ]);
      expect(other.infrastructure.bridge).not.to.equal(fixture.infrastructure.bridge);
      const subnets = await Promise.all(
        [fixture, other].map(async ({ infrastructure }) => {
          const { config } = await fixture.client.networks.get(infrastructure.bridge, patience());
          return config["ipv4.address"];
        }),
      );
      expect(new Set(subnets).size).to.equal(2);
      await other.infrastructure.remove(patience());
      const { profiles, networks, pools } = await listObjects();
      expect([profiles.length, networks.length, pools.length]).to.deep.equal([2, 1, 1]);
    } finally {
      await other.infrastructure.remove(patience());
    }
  });

  it("have the configured subnet when they are new, and keep the one that they have", async () => {
    const subnet = parseNetwork("10.231.7.0/26");
    const configured = await openInfrastructure(fixture.client, { subnet, free: "10.231.7.1/26" });
    try {
      const first = await configured.infrastructure.ensure(roomFor(0), patience());
      expect(first.notices.join()).to.not.include("runner-subnet");
      const { config } = await fixture.client.networks.get(configured.infrastructure.bridge, patience());
      expect(config["ipv4.address"]).to.equal("10.231.7.1/26");
      const again = await configured.infrastructure.ensure(roomFor(0), patience());
      expect(again.notices.join()).to.not.include("runner-subnet");
      const other = await openInfrastructure(fixture.client, {
        of: configured,
        subnet: parseNetwork("10.231.8.0/24"),
      });
      const { notices } = await other.infrastructure.ensure(roomFor(0), patience());
      expect(notices).to.include("runner-subnet is for new units: this one's bridge keeps 10.231.7.0/26");
    } finally {
      await configured.infrastructure.remove(patience());
    }
  });

  describe("of a unit of the same name of another deployment", () => {
    const DEPLOYMENT = "1c2d3e4f-0000-4fd2-967d-db9663db7bea";
    let other: InfrastructureFixture;
    const open = async () => {
      const owner = { ...fixture.owner, deployment: DEPLOYMENT };
      other = await openInfrastructure(fixture.client, { of: { owner, slug: fixture.slug } });
    };
    const failureOf = (promise: Promise<unknown>) => promise.catch((thrown: unknown) => thrown);
    /** An instance with everything that a runner of a unit uses. */
    const addInstance = async ({ client, owner, slug, infrastructure }: InfrastructureFixture) => {
      const name = `${slug}-left`;
      const request = { name, type: "container", source: { type: "none" } } as const;
      const config = ownerConfig(owner, "runner");
      await client.instances.create(
        { ...request, config, profiles: [...infrastructure.profiles(SMALL)] },
        patience(),
      );
      return name;
    };

    it("are refused, and stay when the unit goes", async () => {
      await fixture.infrastructure.ensure(roomFor(0), patience());
      await open();
      const before = await listObjects();
      const refused = await failureOf(other.infrastructure.ensure(roomFor(0), patience()));
      expect(refused).to.have.property("code", "foreign-object");
      expect((refused as Error).message)
        .to.include(`storage pool '${fixture.slug}'`)
        .and.include(fixture.owner.deployment);
      expect(await other.infrastructure.remove(patience())).to.deep.equal([`storage pool '${fixture.slug}'`]);
      expect(await listObjects()).to.deep.equal(before);
    });

    it("stay when their instances use them, although both units use them, and the removal ends", async () => {
      const { client, infrastructure, slug } = fixture;
      await infrastructure.ensure(roomFor(0), patience());
      const name = await addInstance(fixture);
      // Earlier versions of the charm wrote no keys: the second unit then took the objects of the first one.
      const base = await client.profiles.getTagged(infrastructure.baseProfile, patience());
      for (const profile of infrastructure.profiles(SMALL)) {
        const { value, etag } = await client.profiles.getTagged(profile, patience());
        await client.profiles.put(profile, { ...value, config: withoutKeys(value.config) }, etag, patience());
      }
      const pool = await client.storagePools.getTagged(infrastructure.pool, patience());
      const settings = { description: pool.value.description, config: withoutKeys(pool.value.config) };
      await client.storagePools.put(infrastructure.pool, settings, pool.etag, patience());
      await open();
      await other.infrastructure.ensure(roomFor(0), patience());
      const kept = await other.infrastructure.remove(patience());
      expect(kept).to.deep.equal([
        `profile '${slug}-cpu-1-mem-256MiB-disk-2GiB'`,
        `profile '${slug}-runner'`,
        `network '${other.infrastructure.bridge}'`,
        `storage pool '${slug}'`,
      ]);
      expect((await listObjects()).instances).to.deep.equal([name]);
      expect(base.value.used_by).to.have.length(1);
      await client.instances.delete(name, patience());
      expect(await other.infrastructure.remove(patience())).to.deep.equal([]);
      expect(await infrastructure.remove(patience())).to.deep.equal([]);
    });
  });

  it("can be checked before they are there", async () => {
    await fixture.infrastructure.check(patience());
    await fixture.infrastructure.ensure(roomFor(0), patience());
    await fixture.infrastructure.check(patience());
  });
});

function withoutKeys(config: Config): Config {
  return Object.fromEntries(Object.entries(config).filter(([key]) => key !== KEYS.owner));
}
