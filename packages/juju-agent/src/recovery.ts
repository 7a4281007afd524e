import type { AgentSession } from "./agent-session.ts";
import { killLeftoverProcesses } from "./hooks/leftover-processes.ts";
import type { AgentState, UnitState } from "./state/agent-state.ts";

/**
 * Cleans up after a killed agent: kills leftover processes, marks its hook as interrupted and its action as failed.
 * Interrupted hooks and steps run again when the unit is settled.
 */
export async function recoverKilledAgent(session: AgentSession): Promise<void> {
  const interrupted = Object.values(session.state.units).filter((unit) => unit.runningContext !== undefined);
  if (interrupted.length === 0) return;
  for (const unit of interrupted) {
    const killed = await killLeftoverProcesses(unit.runningContext ?? "");
    session.log(
      unit.name,
      "agent",
      "WARNING",
      `the agent was killed; killed ${killed} leftover processes of its hook`,
    );
  }
  await session.update(afterKill);
}

function afterKill(state: AgentState): AgentState {
  return {
    ...state,
    units: Object.fromEntries(Object.entries(state.units).map(([name, unit]) => [name, unitAfterKill(unit)])),
    actions: state.actions.map((action) =>
      action.status === "running" ? { ...action, status: "failed", message: "action terminated" } : action,
    ),
  };
}

function unitAfterKill(unit: UnitState): UnitState {
  const { operation } = unit;
  const running = operation.kind === "hook" && operation.step === "running";
  return {
    ...unit,
    runningContext: undefined,
    operation: running ? { ...operation, step: "interrupted" } : operation,
  };
}
