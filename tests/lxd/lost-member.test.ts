import { expect } from "chai";
import { LxdError, type Config, type LxdClient, type NetworkACLSettings } from "lxd-client";
import { bridgeConfigs } from "../../src/lxd/bridge-config.ts";
import { LxdFirewall } from "../../src/lxd/lxd-firewall.ts";
import { LxdInfrastructure } from "../../src/lxd/lxd-infrastructure.ts";
import { KEYS, ownerText } from "../../src/lxd/ownership.ts";
import { parseNetwork } from "../../src/network/network.ts";
import { rejection } from "../support/rejection.ts";
import { QUIET_MACHINE } from "./quiet-machine.ts";
import { soon } from "../support/patience.ts";

const OWNER = { unitName: "runners/0", deployment: "9f484882-2f18-4fd2-967d-db9663db7bea" };
const OWN = { [KEYS.owner]: ownerText(OWNER) };
const RESOURCES = { cpu: 1, memory: "1GiB", disk: "4GiB" } as const;
const DOWN = "peer node 10.0.0.2:8443 is down";
const signal = soon;
const networks = (...texts: readonly string[]) =>
  texts.map(parseNetwork).filter((network) => network !== undefined);

/** A cluster with a bridge and an ACL, which changes nothing while one of its members is off. */
class Cluster {
  acl: NetworkACLSettings | undefined;
  bridge: Config = { ...bridgeConfigs("10.251.17.1/24")[0] };
  down: string | undefined;

  readonly client = {
    server: {
      info: () =>
        Promise.resolve({ member: "m1", firewall: "nftables", storageDrivers: [], supports: () => true }),
    },
    networks: {
      get: () => Promise.resolve(this.#network()),
      getTagged: () => Promise.resolve({ value: this.#network(), etag: "1" }),
      put: (_name: string, { config }: { readonly config: Config }) =>
        this.#change(() => {
          this.bridge = config;
        }),
    },
    networkACLs: {
      getTagged: () =>
        this.acl
          ? Promise.resolve({ value: this.acl, etag: "1" })
          : Promise.reject(new LxdError("read", 404, "not found")),
      create: (acl: NetworkACLSettings) =>
        this.#change(() => {
          this.acl = acl;
        }),
      put: (_name: string, acl: NetworkACLSettings) =>
        this.#change(() => {
          this.acl = acl;
        }),
    },
    profiles: {
      list: () => Promise.resolve([]),
      getTagged: () => Promise.reject(new LxdError("read", 404, "not found")),
      create: () => Promise.resolve({ state: "done" }),
    },
    storagePools: {
      list: () => Promise.resolve([{ name: "runners-0", driver: "dir", status: "Created", config: OWN }]),
      get: () => Promise.resolve({ name: "runners-0", driver: "dir", status: "Created", config: OWN }),
      resources: () => Promise.resolve({ space: { total: 2 ** 40, used: 0 } }),
    },
  } as unknown as LxdClient;

  #network() {
    return { name: "ghr-1", description: "", status: "Created", config: this.bridge, used_by: [] };
  }

  #change(change: () => void): Promise<unknown> {
    if (this.down !== undefined) return Promise.reject(new LxdError("update", 500, this.down));
    change();
    return Promise.resolve({ state: "done", value: undefined });
  }
}

describe("on a cluster whose other member is off", () => {
  let cluster: Cluster;
  let hasRules: boolean;
  const ensure = (...denied: readonly string[]) =>
    new LxdFirewall({
      client: cluster.client,
      owner: OWNER,
      name: "runners-0",
      bridge: "ghr-1",
      closedNetworks: () => Promise.resolve(networks("10.251.17.0/24")),
      packetFilter: { closeHost: () => Promise.resolve(hasRules), openHost: () => Promise.resolve() },
    }).ensure({ denied: networks(...denied), exceptions: [] }, signal());
  const prepare = () =>
    new LxdInfrastructure({
      client: cluster.client,
      owner: OWNER,
      slug: "runners-0",
      instanceType: "container",
      ...QUIET_MACHINE,
      freeSubnet: () => Promise.resolve("10.251.17.1/24"),
    }).ensure({ count: 1, standby: 0, processes: 100, resources: RESOURCES }, signal());

  beforeEach(async () => {
    cluster = new Cluster();
    hasRules = true;
    await ensure("10.0.0.0/8", "172.16.0.0/12");
    cluster.down = DOWN;
  });

  it("ensure() leaves rules that are stricter than wanted, and says what waits and why", async () => {
    const before = cluster.acl;
    expect(await ensure("10.0.0.0/8")).to.deep.equal([
      "the network rules stay stricter than configured until the LXD cluster's member at 10.0.0.2:8443 answers",
    ]);
    expect(cluster.acl).to.equal(before);
    cluster.down = undefined;
    expect(await ensure("10.0.0.0/8")).to.deep.equal([]);
    expect(cluster.acl).to.not.equal(before);
  });

  it("ensure() has nothing to say when rules are as they should be", async () => {
    expect(await ensure("10.0.0.0/8", "172.16.0.0/12")).to.deep.equal([]);
  });

  it("ensure() fails when the rules let through what is denied", async () => {
    expect(await rejection(ensure("10.0.0.0/8", "172.16.0.0/12", "192.0.2.0/24"))).to.be.instanceOf(LxdError);
  });

  it("ensure() fails when the rules are not there, are not on the bridge, or not in the kernel", async () => {
    hasRules = false;
    expect(await rejection(ensure("10.0.0.0/8")), "kernel").to.be.instanceOf(LxdError);
    hasRules = true;
    cluster.bridge = { ...cluster.bridge, "security.acls": "" };
    expect(await rejection(ensure("10.0.0.0/8")), "bridge").to.be.instanceOf(LxdError);
    cluster.acl = undefined;
    expect(await rejection(ensure("10.0.0.0/8")), "ACL").to.be.instanceOf(LxdError);
  });

  it("ensure() fails when LXD refuses the rules for another reason", async () => {
    cluster.down = "Invalid rule";
    expect(await rejection(ensure("10.0.0.0/8"))).to.be.instanceOf(LxdError);
  });

  it("the infrastructure goes on when only the bridge's leases differ, and says so", async () => {
    cluster.bridge = { ...cluster.bridge, "ipv4.dhcp.expiry": "1h" };
    const report = await prepare();
    expect(report.count).to.equal(1);
    expect(report.notices).to.deep.equal([
      "a change of the runners' bridge waits until the LXD cluster's member at 10.0.0.2:8443 answers",
    ]);
    expect(report.bridge?.config).to.equal(cluster.bridge);
    cluster.down = undefined;
    expect((await prepare()).notices).to.deep.equal([]);
    expect(cluster.bridge["ipv4.dhcp.expiry"]).to.not.equal("1h");
  });

  it("the infrastructure fails when the bridge lacks what keeps runners apart", async () => {
    for (const change of [
      { "ipv6.address": "fd42::1/64" },
      { "raw.dnsmasq": "" },
      { "dns.mode": "managed" },
    ]) {
      cluster.bridge = { ...bridgeConfigs("10.251.17.1/24")[0], ...change };
      expect(await rejection(prepare())).to.be.instanceOf(LxdError);
    }
  });
});
