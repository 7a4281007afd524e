import { isDeepStrictEqual } from "node:util";
import type { RelationFacts } from "../../dispatch/hook-facts.ts";
import { remoteUnitsOf } from "../state/relation-members.ts";
import type { Scene } from "./scene.ts";

/** The relation of the event is in the state, the unit it is about is in the relation, and peer relations do not break. */
export function checkRelationEvent(scene: Scene): readonly string[] {
  const { event, state, appName } = scene;
  const { trigger } = event;
  if (trigger.family !== "relation") return [];
  const { relation, facts } = trigger;
  const known = state.relations.find(({ id }) => id === relation.id);
  if (!known) return [`the relation ${relation.endpoint}:${relation.id} of the event is not in the state`];
  if (!isDeepStrictEqual(known, relation)) {
    return [
      `the relation ${relation.endpoint}:${relation.id} of the event is another than that in the state`,
    ];
  }
  return [
    ...(relation.kind === "peer" && facts.phase === "broken" ? ["a peer relation is never broken"] : []),
    ...unitFaults(facts, [...remoteUnitsOf(relation, appName).keys()]),
    ...departingFaults(facts, scene),
  ];
}

function unitFaults({ phase, remoteUnit }: RelationFacts, units: readonly string[]): readonly string[] {
  if (phase !== "joined" && phase !== "changed" && phase !== "departed") return [];
  if (remoteUnit === undefined) {
    if (phase === "changed") return [];
    return [
      units.length === 0
        ? `relation-${phase} is about a remote unit, and the relation has none`
        : `relation-${phase} could be about ${units.join(" or ")}: say which, with { unit }`,
    ];
  }
  return units.includes(remoteUnit) ? [] : [`the unit ${remoteUnit} of the event is not in the relation`];
}

function departingFaults({ departingUnit, remoteUnit }: RelationFacts, scene: Scene): readonly string[] {
  const own = `${scene.appName}/${scene.unitID}`;
  if (departingUnit === undefined || departingUnit === remoteUnit || departingUnit === own) return [];
  return [`the departing unit ${departingUnit} is neither the remote unit nor ${own}`];
}
