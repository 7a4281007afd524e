import { runProcess } from "charm-kit";
import { connect, type LxdClient } from "lxd-client";
import { LxdInfrastructure } from "../../src/lxd/lxd-infrastructure.ts";
import type { MachineResources } from "../../src/runners/ports.ts";
import type { RunnerCapacity } from "../../src/unit/ports.ts";
import type { PoolStore } from "../../src/lxd/pool-store.ts";
import { PortAllocator } from "../../src/lxd/port-allocator.ts";
import type { Owner } from "../../src/lxd/ownership.ts";
import { chooseSubnet, networksOfHost } from "../../src/host/free-subnet.ts";
import { parseNetwork, type Network } from "../../src/network/network.ts";
import { nicFilterProbe } from "../../src/host/nic-filters.ts";
import { KernelBridge } from "../../src/host/kernel-bridge.ts";
import { HOST_PATHS } from "../../src/host/host-paths.ts";
import { patience, socketHere } from "../../packages/lxd-client/tests/support.ts";

/** Resources of an instance that fits anywhere. */
export const SMALL = { cpu: 1, memory: "256MiB", disk: "2GiB" } as const;

/** Room for a number of runners. */
export function roomFor(count: number, resources: MachineResources = SMALL): RunnerCapacity {
  return { count, standby: 0, processes: 1000, resources };
}

/** A unit's infrastructure on this machine's LXD, under names that no other run has. */
export interface InfrastructureFixture {
  readonly client: LxdClient;
  readonly owner: Owner;
  readonly slug: string;
  readonly infrastructure: LxdInfrastructure;
  /** Of its bridge. */
  readonly ports: PortAllocator;
}

/** Parts that a test replaces. */
export interface FixtureOptions {
  readonly poolStore?: PoolStore;
  /** The configured subnet of the bridge. */
  readonly subnet?: Network | undefined;
  /** Gateway and prefix for a new bridge. @default one that is free here */
  readonly free?: string;
  /** A unit whose names the new fixture shares, with the same or another deployment. */
  readonly of?: Pick<InfrastructureFixture, "owner" | "slug">;
}

/** A small loop file of LXD's own, of a driver with clones that share. */
const smallPool: PoolStore = {
  prepare: ({ drivers }) => {
    const driver = drivers.includes("btrfs") ? "btrfs" : "dir";
    const config: Record<string, string> = driver === "dir" ? {} : { size: "5GiB" };
    return Promise.resolve({ driver, config, room: 5 * 2 ** 30, isShared: false, lost: false });
  },
  attach: () => Promise.resolve(),
  restore: (_containers, forget) => forget(),
  remove: () => Promise.resolve(),
};

let units = 0;

/** @param client shared with another fixture; a new one otherwise. */
export async function openInfrastructure(
  client?: LxdClient,
  change: FixtureOptions = {},
): Promise<InfrastructureFixture> {
  const number = units++;
  // The process is in the name, so that suites side by side do not meet.
  const app = `ctr${process.pid.toString(36)}`;
  const owner = change.of?.owner ?? {
    unitName: `${app}/${number}`,
    deployment: "9f484882-2f18-4fd2-967d-db9663db7bea",
  };
  const slug = change.of?.slug ?? `${app}-${number}`;
  const connected = client ?? (await connect(socketHere(), patience()));
  const kernel = new KernelBridge(HOST_PATHS, runProcess);
  const infrastructure = new LxdInfrastructure({
    client: connected,
    owner,
    slug,
    instanceType: "container",
    poolStore: change.poolStore ?? smallPool,
    nicFilters: nicFilterProbe(HOST_PATHS, runProcess),
    bridgeKernel: kernel,
    onRepair: () => undefined,
    freeSubnet: async (taken) => {
      if (change.free !== undefined) return change.free;
      const bridges = taken.map(parseNetwork).filter((network) => network !== undefined);
      return chooseSubnet([...(await networksOfHost()), ...bridges]);
    },
    subnet: change.subnet,
  });
  const { bridge, baseProfile: profile } = infrastructure;
  const ports = new PortAllocator({ client: connected, bridge, profile, kernel });
  return { client: connected, owner, slug, infrastructure, ports };
}

/** Everything on LXD whose name or description names a unit, and the default profile, which everybody shares. */
export async function listUnitObjects(client: LxdClient, slug: string, unitName: string) {
  const signal = patience();
  const [instances, images, profiles, networks, pools] = await Promise.all([
    client.instances.list(undefined, signal),
    client.images.list(signal),
    client.profiles.list(signal),
    client.networks.list(signal),
    client.storagePools.list(signal),
  ]);
  const isOwn = ({ name = "", description = "" }) =>
    name.startsWith(slug) || description.endsWith(` ${unitName}`);
  const namesOf = (objects: readonly { readonly name: string; readonly description?: string }[]) =>
    objects
      .filter(isOwn)
      .map(({ name }) => name)
      .sort();
  return {
    instances: namesOf(instances),
    images: images
      .filter(({ properties }) => (properties["description"] ?? "").endsWith(` ${unitName}`))
      .map(({ fingerprint }) => fingerprint),
    profiles: namesOf(profiles),
    networks: namesOf(networks),
    pools: namesOf(pools),
    // Other suites use it meanwhile.
    defaultProfile: profiles
      .filter(({ name }) => name === "default")
      .map((profile) => ({ ...profile, used_by: profile.used_by.filter((user) => user.includes(slug)) })),
  };
}
