import { actionParameterProblems } from "juju-hook-tools";
import { checkActionEvent } from "./check-action-event.ts";
import { checkConfig } from "./check-config.ts";
import { checkCustomEvent, checkLeaderEvent, checkSeriesUpgrade } from "./check-lifecycle.ts";
import { checkDeferred, checkStoredState } from "./check-stored-state.ts";
import { checkNetworks, checkPlannedUnits, checkPorts, checkResources } from "./check-model.ts";
import { checkRelationEvent } from "./check-relation-event.ts";
import { checkRelations } from "./check-relations.ts";
import { checkSecretEvent, checkSecrets } from "./check-secrets.ts";
import { checkStorageEvent, checkStorages } from "./check-storages.ts";
import { InconsistentStateError } from "./inconsistent-state-error.ts";
import type { Check, Scenario } from "./scenario.ts";

const CHECKS: readonly Check[] = [
  checkConfig,
  checkRelations,
  checkRelationEvent,
  checkStorages,
  checkStorageEvent,
  checkSecrets,
  checkSecretEvent,
  checkActionEvent,
  checkCustomEvent,
  checkLeaderEvent,
  checkSeriesUpgrade,
  checkResources,
  checkNetworks,
  checkPorts,
  checkPlannedUnits,
  checkStoredState,
  checkDeferred,
];

/**
 * Rejects an action whose parameters Juju would refuse by the schema.
 *
 * @throws {@link InconsistentStateError}
 */
export async function checkParameters({ event, metadata }: Scenario): Promise<void> {
  const { trigger } = event;
  if (trigger.family !== "action") return;
  const { name, params } = trigger;
  const problems = await actionParameterProblems(metadata.actions[name]?.schema ?? {}, params);
  if (problems.length === 0) return;
  throw new InconsistentStateError(
    event.name,
    problems.map((problem) => `parameters of ${name}: ${problem}`),
  );
}

/**
 * Rejects a scenario that is impossible under Juju, such as an undeclared relation.
 *
 * @throws {@link InconsistentStateError} with all problems.
 */
export function checkConsistency(scenario: Scenario): void {
  const problems = CHECKS.flatMap((check) => check(scenario));
  if (problems.length > 0) throw new InconsistentStateError(scenario.event.name, problems);
}
