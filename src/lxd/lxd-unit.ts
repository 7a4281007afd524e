import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Network } from "../network/network.ts";
import type { Images, InstanceType, Machines, RunnerLogs } from "../runners/ports.ts";
import type { Clock, Logger } from "charm-kit";
import type { ClusterMembership, Firewall, Infrastructure, ServerLogs } from "../unit/ports.ts";
import { findSocket, LxdClient, socketAt, type Answered } from "lxd-client";
import { LxdMissingError } from "./errors.ts";
import { LxdFirewall, type PacketFilter } from "./lxd-firewall.ts";
import { LxdImages } from "./lxd-images.ts";
import { LxdMachines } from "./lxd-machines.ts";
import { LxdOtherUnits } from "./lxd-other-units.ts";
import type { BridgeKernel } from "./bridge-kernel.ts";
import { LxdInfrastructure } from "./lxd-infrastructure.ts";
import { LxdRunnerLogs } from "./lxd-runner-logs.ts";
import { isImageInstance } from "./image-instance.ts";
import { LxdServerLogs } from "./lxd-server-logs.ts";
import { LxdServer } from "./lxd-server.ts";
import { LxdUnitChanges } from "./lxd-unit-changes.ts";
import { membershipOf, ownMemberOf } from "./own-member.ts";
import type { PoolStore } from "./pool-store.ts";
import { PortAllocator } from "./port-allocator.ts";
import type { NicFilters } from "./runner-profiles.ts";

/** How LXD answered a request, for metrics. */
export type LxdAnswered = Answered;

/** Space for the unit's runners, in bytes. */
export interface PoolResources {
  readonly size: number;
  readonly available: number;
}

export interface LxdUnitOptions {
  /** Told of each request. @default nobody is told */
  readonly onAnswer?: ((answered: LxdAnswered) => void) | undefined;
  /** The environment, for where LXD listens. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Socket path of an LXD that is not installed yet; undefined when LXD must exist. */
  readonly expectedSocket: string | undefined;
  readonly unitName: string;
  readonly deployment: string;
  /** The unit's name in other names, such as `runners-0`. */
  readonly slug: string;
  /** Program in the guest that reads the payload. */
  readonly deliverProgram: string;
  /** Command in the guest that prints the runner application's activity. */
  readonly activityCommand: readonly [string, ...string[]];
  /** Command in the guest that ends when the guest waits for its payload. */
  readonly awaitCommand: readonly [string, ...string[]];
  /** Path of the runner application's archive in the builder. */
  readonly archivePathInGuest: string;
  /** Directory of the runner application's diagnostics in the guest. */
  readonly diagnosticsInGuest: string;
  /** File with the end of the journal that a guest writes when its application fails. */
  readonly endJournalInGuest: string;
  /** Removes the unit's own secrets from a text. */
  readonly scrub: (text: string) => string;
  /** The systemd unit in the guest that starts the runner application. */
  readonly unitInGuest: string;
  /** Absolute path on the host of the directory with the logs of crashed runners. */
  readonly logDirectory: string;
  /** Absolute path of the directory with LXD's own logs of instances. */
  readonly serverLogDirectory: string;
  /** Whether a name is that of a runner of the unit. */
  readonly isRunner: (name: string) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly instanceType: InstanceType;
  readonly poolStore: PoolStore;
  /** The configured subnet of the bridge. @default none */
  readonly subnet?: Network | undefined;
  /** Chooses a gateway address and prefix for the unit's bridge that avoids LXD's other bridges. */
  readonly freeSubnet: (taken: readonly string[]) => Promise<string>;
  /** Detects the machine's network device filters with LXD's firewall driver. */
  readonly nicFilters: (firewall: string, signal: AbortSignal) => Promise<NicFilters>;
  readonly bridgeKernel: BridgeKernel;
  /** Called with each repair of the bridge, as a short text. */
  readonly onRepair: (repair: string) => void;
  /** Reads the networks that no runner may reach: the machine's addresses and all units' bridge networks. */
  readonly closedNetworks: () => Promise<readonly Network[]>;
  readonly packetFilter: PacketFilter;
}

/** The LXD side of one unit, over one connection. */
export interface LxdUnit {
  /** Whether LXD's socket existed at the opening. A named or expected socket may be missing. */
  readonly isThere: boolean;
  readonly machines: Machines;
  readonly images: Images;
  readonly infrastructure: Infrastructure;
  readonly firewall: Firewall;
  readonly logs: RunnerLogs;
  readonly serverLogs: ServerLogs;
  readonly server: LxdServer;
  readonly otherUnits: LxdOtherUnits;
  readonly cluster: ClusterMembership;
  readonly changes: LxdUnitChanges;
  /** How full the unit's storage pool is. */
  poolResources(signal: AbortSignal): Promise<PoolResources>;
  close(): Promise<void>;
}

/** Path of the socket that LXD listens at; `expected` when there is none. */
export function socketPathOf(env: LxdUnitOptions["env"], expected: string): string {
  return findSocket(env, existsSync)?.path ?? expected;
}
const RESTART_MS = 10_000;

/** @throws {@link LxdMissingError} when no socket exists and none is expected. */
export function openLxdUnit(options: LxdUnitOptions): LxdUnit {
  const { env, expectedSocket, unitName, deployment, slug } = options;
  const socket = findSocket(env, existsSync) ?? (expectedSocket ? socketAt(expectedSocket) : undefined);
  if (!socket) throw new LxdMissingError();
  // A restart of LXD, such as by an update of its snap, is over by then.
  const client = new LxdClient(socket, { reachMs: RESTART_MS }, options.onAnswer);
  const owner = { unitName, deployment };
  const ownMember = ownMemberOf(client);
  const infrastructure = new LxdInfrastructure({ ...options, client, owner });
  const ports = new PortAllocator({
    client,
    bridge: infrastructure.bridge,
    profile: infrastructure.baseProfile,
    kernel: options.bridgeKernel,
  });
  const startConcurrency = Math.max(2, availableParallelism() * 2);
  return {
    isThere: existsSync(socket.path),
    infrastructure,
    server: new LxdServer(client),
    cluster: membershipOf(client),
    changes: new LxdUnitChanges({ client, slug, bridge: infrastructure.bridge }),
    otherUnits: new LxdOtherUnits(client, owner, options.activityCommand),
    firewall: new LxdFirewall({
      client,
      owner,
      name: slug,
      bridge: infrastructure.bridge,
      closedNetworks: options.closedNetworks,
      packetFilter: options.packetFilter,
    }),
    logs: new LxdRunnerLogs({
      client,
      diagnosticsInGuest: options.diagnosticsInGuest,
      endJournalInGuest: options.endJournalInGuest,
      unitInGuest: options.unitInGuest,
      directory: options.logDirectory,
      serverLogDirectory: options.serverLogDirectory,
      scrub: options.scrub,
    }),
    serverLogs: new LxdServerLogs({
      client,
      directory: options.serverLogDirectory,
      isOwn: (name) => options.isRunner(name) || isImageInstance(slug, name),
      clock: options.clock,
      log: options.log,
    }),
    images: new LxdImages({
      client,
      owner,
      slug,
      instanceType: options.instanceType,
      profile: infrastructure.baseProfile,
      archivePathInGuest: options.archivePathInGuest,
      ports,
      ownMember,
    }),
    machines: new LxdMachines({
      client,
      owner,
      instanceType: options.instanceType,
      deliverProgram: options.deliverProgram,
      activityCommand: options.activityCommand,
      awaitCommand: options.awaitCommand,
      startConcurrency,
      ports,
      ownMember,
    }),
    poolResources: async (signal) => {
      const { space } = await client.storagePools.resources(infrastructure.pool, signal);
      return { size: space.total, available: Math.max(0, space.total - space.used) };
    },
    close: () => client.close(),
  };
}
