import { BUILD_ARCHIVE, DIAGNOSTICS, HAND_OVER_PROGRAM, JOB_CHECK } from "../guest/paths.ts";
import { chooseSubnet, networksOfHost } from "../host/free-subnet.ts";
import { expectedSocket } from "../host/lxd-installer.ts";
import { localAddresses } from "../host/local-addresses.ts";
import { NftPacketFilter } from "../host/packet-filter.ts";
import { runProcess } from "../host/run-process.ts";
import { openLxdUnit, type LxdUnit } from "../lxd/lxd-unit.ts";
import { unitStem } from "../runners/runner-name.ts";
import type { CharmSystem } from "./charm-system.ts";

/** The unit whose part of LXD is opened. */
export interface UnitContext {
  readonly system: CharmSystem;
  readonly unitName: string;
  readonly modelUuid: string;
}

/**
 * Makes the LXD side of a unit. It stands in a module of its own for events that need no GitHub: they load no Octokit.
 *
 * @param mayCome whether LXD may be missing still, to be installed by the host's side.
 * @throws what {@link openLxdUnit} throws where there is no LXD, and {@link UnitNameError}.
 */
export function openUnit({ system, unitName, modelUuid }: UnitContext, mayCome = false): LxdUnit {
  const stem = unitStem(unitName);
  return openLxdUnit({
    env: system.env,
    expectedSocket: mayCome ? expectedSocket() : undefined,
    unitName,
    modelUuid,
    stem,
    handOverProgram: HAND_OVER_PROGRAM,
    jobCheck: JOB_CHECK,
    archivePathInGuest: BUILD_ARCHIVE,
    diagnosticsInGuest: DIAGNOSTICS,
    logDirectory: system.logRoot,
    hostNetworks: localAddresses,
    packetFilter: new NftPacketFilter(stem, runProcess),
    freeSubnet: async () =>
      chooseSubnet(await networksOfHost(), Number.parseInt(system.entropy().slice(0, 4), 16)),
  });
}
