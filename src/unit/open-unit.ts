import { BUILD_ARCHIVE, DIAGNOSTICS, DELIVER_PROGRAM, END_JOURNAL, RUNNER_UNIT } from "../guest/paths.ts";
import { ACTIVITY_COMMAND, AWAIT_PAYLOAD_COMMAND } from "../guest/activity-command.ts";
import { join } from "node:path";
import { type Logger, type Redactor, runProcess } from "charm-kit";
import { chooseSubnet, networksOfHost, useSubnet } from "../host/free-subnet.ts";
import { closedNetworks, localAddresses } from "../host/local-addresses.ts";
import { KernelBridge } from "../host/kernel-bridge.ts";
import { lxdDirectories } from "../host/lxd-directories.ts";
import { expectedSocket } from "../host/lxd-installer.ts";
import { nicFilterProbe } from "../host/nic-filters.ts";
import { JsonRecord } from "../host/json-record.ts";
import { NftPacketFilter, parseWrittenRules } from "../host/packet-filter.ts";
import { HOST_PATHS } from "../host/host-paths.ts";
import { PoolStorage } from "../host/pool-storage.ts";
import { BRIDGE_NAMES } from "../lxd/lxd-infrastructure.ts";
import { openLxdUnit, socketPathOf, type LxdUnit } from "../lxd/lxd-unit.ts";
import { parseNetwork, type Network } from "../network/network.ts";
import type { InstanceType } from "../runners/ports.ts";
import type { RunnerStorage } from "./ports.ts";
import { runnerNames, slugOf } from "./unit-slug.ts";
import type { Telemetry } from "./telemetry.ts";
import type { UnitContext } from "./unit-system.ts";

/** The resources that the unit needs from LXD. */
export interface UnitDemand {
  readonly instanceType: InstanceType;
  readonly storage: RunnerStorage;
  /** Subnet of a new bridge. @default the unit chooses one */
  readonly subnet?: Network | undefined;
  /** Whether LXD may be missing, because the host side installs it. */
  readonly lxdMayCome: boolean;
}

/** For operations that create nothing. */
const NO_DEMAND: UnitDemand = {
  instanceType: "container",
  storage: "juju-storage",
  lxdMayCome: false,
};

/** For the teardown, which has nothing to remove where LXD was never installed. */
export const TEARDOWN_DEMAND: UnitDemand = { ...NO_DEMAND, lxdMayCome: true };

/**
 * Opens the LXD side of a unit. A module of its own, so that events without GitHub load no Octokit.
 *
 * @throws the errors of {@link openLxdUnit} where LXD is missing, and {@link UnitNameError}.
 */
export function openUnit(
  context: UnitContext & {
    readonly log: Logger;
    readonly redactor?: Redactor;
    readonly telemetry?: Telemetry | undefined;
  },
  demand = NO_DEMAND,
): LxdUnit {
  const { system, unitName, deployment, log } = context;
  const slug = slugOf(context);
  const paths = system.paths ?? HOST_PATHS;
  const lxd = lxdDirectories(socketPathOf(system.env, expectedSocket()));
  const names = runnerNames(context);
  const { telemetry } = context;
  return openLxdUnit({
    onAnswer:
      telemetry &&
      ((answered) => {
        telemetry.onLxdAnswer(answered);
      }),
    env: system.env,
    expectedSocket: demand.lxdMayCome ? expectedSocket() : undefined,
    unitName,
    deployment,
    slug,
    deliverProgram: DELIVER_PROGRAM,
    activityCommand: ACTIVITY_COMMAND,
    awaitCommand: AWAIT_PAYLOAD_COMMAND,
    archivePathInGuest: BUILD_ARCHIVE,
    diagnosticsInGuest: DIAGNOSTICS,
    endJournalInGuest: END_JOURNAL,
    scrub: (text) => context.redactor?.scrub(text) ?? text,
    unitInGuest: RUNNER_UNIT,
    logDirectory: system.logRoot,
    serverLogDirectory: lxd.logs,
    isRunner: (name) => names.owns(name),
    clock: system.clock,
    log,
    closedNetworks: () => closedNetworks(BRIDGE_NAMES),
    bridgeKernel: new KernelBridge(paths, runProcess),
    onRepair: (repair) => {
      log.warning("Repaired the machine's network", { repair });
    },
    packetFilter: new NftPacketFilter({
      slug,
      run: runProcess,
      written: new JsonRecord({
        path: join(system.dataRoot, slug, "packet-filter.json"),
        parse: parseWrittenRules,
        log,
      }),
    }),
    instanceType: demand.instanceType,
    subnet: demand.subnet,
    poolStore: new PoolStorage({
      paths,
      systemd: system.systemd,
      run: runProcess,
      log,
      slug,
      directory: join(system.dataRoot, slug),
      kind: demand.storage,
      lxdDirectory: lxd.data,
    }),
    nicFilters: nicFilterProbe(paths, runProcess),
    freeSubnet: async (taken) => {
      const own = await Promise.all([networksOfHost(), localAddresses()]);
      const bridges = taken.map(parseNetwork).filter((network) => network !== undefined);
      const all = [...own.flat(), ...bridges];
      return demand.subnet ? useSubnet(demand.subnet, all) : chooseSubnet(all);
    },
  });
}
