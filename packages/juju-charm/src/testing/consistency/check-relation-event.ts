import { isDeepStrictEqual } from "node:util";
import type { RelationFacts } from "../../dispatch/hook-facts.ts";
import { remoteUnitsOf } from "../state/relation-members.ts";
import type { Scenario } from "./scenario.ts";

/** The event's relation is in the state, its unit is in the relation, and a peer relation is never broken. */
export function checkRelationEvent(scenario: Scenario): readonly string[] {
  const { event, state, appName } = scenario;
  const { trigger } = event;
  if (trigger.family !== "relation") return [];
  const { relation, facts } = trigger;
  const known = state.relations.find(({ id }) => id === relation.id);
  if (!known) return [`the relation ${relation.endpoint}:${relation.id} of the event is not in the state`];
  if (!isDeepStrictEqual(known, relation)) {
    return [
      `the relation ${relation.endpoint}:${relation.id} of the event differs from the one in the state`,
    ];
  }
  return [
    ...(relation.kind === "peer" && facts.phase === "broken" ? ["a peer relation is never broken"] : []),
    ...unitProblems(facts, [...remoteUnitsOf(relation, appName).keys()]),
    ...departingProblems(facts, scenario),
  ];
}

function unitProblems({ phase, remoteUnit }: RelationFacts, units: readonly string[]): readonly string[] {
  if (phase !== "joined" && phase !== "changed" && phase !== "departed") return [];
  if (remoteUnit === undefined) {
    if (phase === "changed") return [];
    return [
      units.length === 0
        ? `relation-${phase} needs a remote unit, and the relation has none`
        : `relation-${phase} has several possible units, ${units.join(" or ")}: select one with { unit }`,
    ];
  }
  return units.includes(remoteUnit) ? [] : [`the unit ${remoteUnit} of the event is not in the relation`];
}

function departingProblems(
  { departingUnit, remoteUnit }: RelationFacts,
  scenario: Scenario,
): readonly string[] {
  const own = `${scenario.appName}/${scenario.unitID}`;
  if (departingUnit === undefined || departingUnit === remoteUnit || departingUnit === own) return [];
  return [`the departing unit ${departingUnit} is neither the remote unit nor ${own}`];
}
