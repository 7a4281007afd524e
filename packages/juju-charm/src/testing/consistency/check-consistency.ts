import { checkActionEvent } from "./check-action-event.ts";
import { checkConfig } from "./check-config.ts";
import { checkCustomEvent, checkLeaderEvent, checkSeriesUpgrade } from "./check-lifecycle.ts";
import { checkDeferred, checkStoredState } from "./check-memory.ts";
import { checkNetworks, checkPlannedUnits, checkPorts, checkResources } from "./check-surroundings.ts";
import { checkRelationEvent } from "./check-relation-event.ts";
import { checkRelations } from "./check-relations.ts";
import { checkSecretEvent, checkSecrets } from "./check-secrets.ts";
import { checkStorageEvent, checkStorages } from "./check-storages.ts";
import { InconsistentStateError } from "./inconsistent-state-error.ts";
import type { Check, Scene } from "./scene.ts";

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
 * Refuses what Juju would never bring about, such as a relation that the charm does not have.
 *
 * @throws {@link InconsistentStateError} with every fault.
 */
export function checkConsistency(scene: Scene): void {
  const faults = CHECKS.flatMap((check) => check(scene));
  if (faults.length > 0) throw new InconsistentStateError(scene.event.name, faults);
}
