import type { AgentState, StatusRecord, UnitState, WorkloadStatusName } from "./agent-state.ts";

const SEVERITY: readonly WorkloadStatusName[] = [
  "error",
  "blocked",
  "maintenance",
  "waiting",
  "active",
  "terminated",
  "unknown",
];

/** A unit's status as `juju status` shows it: a failed or interrupted hook replaces the charm's status. */
export function shownStatus(unit: UnitState): StatusRecord {
  const { operation } = unit;
  if (operation.kind !== "hook") return unit.workload;
  if (operation.step === "interrupted") {
    const message = `interrupted: hook "${operation.hook}" runs again with the next command`;
    return { name: "maintenance", message, since: unit.agentSince };
  }
  if (operation.step !== "failed") return unit.workload;
  return { name: "error", message: `hook failed: "${operation.hook}"`, since: unit.agentSince };
}

/** The status that the leader set, or the worst unit status. */
export function applicationStatus(state: AgentState, application: string): StatusRecord {
  const set = state.applications[application]?.status;
  if (set) return set;
  const statuses = Object.values(state.units)
    .filter((unit) => unit.application === application)
    .map(shownStatus)
    .sort((left, right) => SEVERITY.indexOf(left.name) - SEVERITY.indexOf(right.name));
  return statuses[0] ?? { name: "unknown", message: "", since: "" };
}
