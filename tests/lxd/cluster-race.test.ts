import { expect } from "chai";
import { LxdError, type Config, type LxdClient } from "lxd-client";
import { LxdInfrastructure } from "../../src/lxd/lxd-infrastructure.ts";
import { KEYS, ownerText } from "../../src/lxd/ownership.ts";
import { QUIET_MACHINE } from "./quiet-machine.ts";
import { soon } from "../support/patience.ts";

const DEPLOYMENT = "9f484882-2f18-4fd2-967d-db9663db7bea";
const MEMBERS = ["m3", "m1", "m2"];
const FREE = ["192.168.99.1/24", "192.168.98.1/24", "192.168.97.1/24", "192.168.96.1/24"];
const RESOURCES = { cpu: 1, memory: "1GiB", disk: "4GiB" } as const;

/** The daemon of a member, or one that stands alone, without bridges: those of other units are not finished yet. */
function daemon(member: string | undefined) {
  const absent = () => Promise.reject(new LxdError("read", 404, "not found"));
  const owner = { unitName: `runners/${member ?? 0}`, deployment: DEPLOYMENT };
  const pools = ["runners-0", "others-0"];
  let bridge: Config | undefined;
  const client = {
    server: {
      info: () => Promise.resolve({ member, firewall: "nftables", storageDrivers: [], supports: () => true }),
    },
    cluster: { members: () => Promise.resolve(MEMBERS.map((name) => ({ name }))) },
    networks: {
      list: () => Promise.resolve([]),
      get: () => (bridge ? Promise.resolve({ config: bridge }) : absent()),
      getTagged: absent,
      create: ({ config }: { readonly config: Config }, _signal: AbortSignal, target?: string) => {
        if (target === undefined) bridge = config;
        return Promise.resolve({ state: "done" });
      },
    },
    profiles: {
      list: () => Promise.resolve([]),
      getTagged: absent,
      create: () => Promise.resolve({ state: "done" }),
    },
    storagePools: {
      list: () =>
        Promise.resolve(pools.map((name) => ({ name, driver: "dir", status: "Created", config: {} }))),
      // Another unit is removed in this moment.
      get: (name: string) =>
        name === "others-0"
          ? absent()
          : Promise.resolve({
              name,
              driver: "dir",
              status: "Created",
              config: { [KEYS.owner]: ownerText(owner) },
            }),
      resources: () => Promise.resolve({ space: { total: 2 ** 40, used: 0 } }),
    },
  } as unknown as LxdClient;
  const open = (isConfigured: boolean) =>
    new LxdInfrastructure({
      client,
      owner,
      slug: "runners-0",
      instanceType: "container",
      ...QUIET_MACHINE,
      ...(isConfigured && { subnet: { family: 4, first: 3232260864n, prefix: 24 } }),
      freeSubnet: (taken) =>
        Promise.resolve(FREE.find((subnet) => isConfigured || !taken.includes(subnet)) ?? ""),
    });
  return {
    subnet: async (isConfigured = false) => {
      const capacity = { count: 1, standby: 0, processes: 100, resources: RESOURCES };
      await open(isConfigured).ensure(capacity, soon());
      return bridge?.["ipv4.address"];
    },
  };
}

describe("ensure() of the infrastructure, beside units of other members", () => {
  it("chooses another subnet on each member, also when all begin at once", async () => {
    const subnets = await Promise.all(MEMBERS.map((member) => daemon(member).subnet()));
    expect(subnets).to.deep.equal(["192.168.97.1/24", "192.168.99.1/24", "192.168.98.1/24"]);
  });

  it("chooses the best one where LXD stands alone, and the configured one everywhere", async () => {
    expect(await daemon(undefined).subnet()).to.equal(FREE[0]);
    for (const member of MEMBERS) expect(await daemon(member).subnet(true)).to.equal(FREE[0]);
  });

  it("goes on when the pool of another unit is deleted while it looks at the pools", async () => {
    expect(await daemon("m1").subnet()).to.equal(FREE[0]);
  });
});
