import { MemberEvacuatedError } from "./evacuation.ts";
import type { FleetKeeper } from "./fleet-keeper.ts";
import { NO_ROOM } from "./machine-preparation.ts";
import type { RefillReport, WorkloadReports } from "./workload-report.ts";

export interface DrainDependencies {
  readonly fleet: Pick<FleetKeeper, "fillIfBuilt">;
  readonly reports: Pick<WorkloadReports, "tell">;
}

/**
 * Removes all runners without a job from a member of an LXD cluster that is evacuated, where nothing can be created.
 *
 * @throws {@link MemberEvacuatedError} before the first image, without which there are no runners.
 */
export async function drainMember(
  member: string,
  { fleet, reports }: DrainDependencies,
  signal: AbortSignal,
): Promise<RefillReport> {
  const filled = await fleet.fillIfBuilt({ room: NO_ROOM, mostCreations: 0 }, signal);
  if (filled === undefined) throw new MemberEvacuatedError(member);
  // Runners that LXD has stopped are none that ended early.
  const { ofRemovals: failures } = filled.report;
  const report = await reports.tell(
    { ...filled.report, failures, ended: [] },
    { room: NO_ROOM, notices: [] },
  );
  return { ...report, evacuated: member, image: "current" };
}
