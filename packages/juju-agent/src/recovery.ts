import type { AgentSession } from "./agent-session.ts";
import { killLeftoverProcesses } from "./hooks/leftover-processes.ts";
import type { AgentState, UnitState } from "./state/agent-state.ts";

/**
 * Mends what a killed agent left: its hook counts as failed, its action has ended, and what is left of their processes
 * is killed. Steps that are not hooks are taken up again when the unit is settled.
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
      `the agent was killed; ${killed} processes of the hook were left over`,
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
    operation: running ? { ...operation, step: "failed" } : operation,
  };
}
