import type { RelationMetadata } from "../../metadata/metadata.ts";
import type { AnyRelation } from "../state/relation.ts";
import { remoteAppOf, remoteUnitsOf } from "../state/relation-members.ts";
import { repeated, textProblems, type Scenario } from "./scenario.ts";

/**
 * Relations have declared endpoints, the class for the endpoint, unique numbers and data in text, and respect the limit.
 */
export function checkRelations({ state, metadata, unitID, appName }: Scenario): readonly string[] {
  const { relations } = state;
  return [
    ...repeated(relations.map(({ id }) => id)).map((id) => `several relations have the number ${id}`),
    ...relations.flatMap((relation) => endpointProblems(relation, metadata.relations[relation.endpoint])),
    ...relations.flatMap((relation) => peerProblems(relation, unitID)),
    ...relations.flatMap((relation) => dataProblems(relation, appName)),
    ...Object.entries(metadata.relations).flatMap(([name, { limit }]) => {
      const count = relations.filter(({ endpoint }) => endpoint === name).length;
      return limit !== undefined && count > limit
        ? [`the endpoint ${name} has ${count} relations, and its limit is ${limit}`]
        : [];
    }),
  ];
}

function endpointProblems(
  { endpoint, kind }: AnyRelation,
  declared: RelationMetadata | undefined,
): readonly string[] {
  if (!declared) return [`the endpoint ${endpoint} is not in charm.yaml`];
  if (declared.role === "peer") {
    return kind === "peer" ? [] : [`the endpoint ${endpoint} is a peer endpoint: use PeerRelation`];
  }
  if (kind === "peer") return [`the endpoint ${endpoint} is not a peer endpoint: do not use PeerRelation`];
  const isContainer = declared.scope === "container";
  if (isContainer === (kind === "subordinate")) return [];
  return [
    `the endpoint ${endpoint} has the scope ${declared.scope}: use ${isContainer ? "SubordinateRelation" : "Relation"}`,
  ];
}

function peerProblems(relation: AnyRelation, unitID: number): readonly string[] {
  if (relation.kind !== "peer" || !(unitID in relation.peers)) return [];
  return [`the unit ${unitID} is among the peers of its own relation ${relation.endpoint}:${relation.id}`];
}

function dataProblems(relation: AnyRelation, appName: string): readonly string[] {
  const where = `in relation ${relation.endpoint}:${relation.id}`;
  const remote = relation.kind === "peer" ? {} : relation.remoteAppData;
  return [
    ...textProblems(`the data of this unit ${where}`, relation.localUnitData),
    ...textProblems(`the data of ${appName} ${where}`, relation.localAppData),
    ...textProblems(`the data of ${remoteAppOf(relation, appName)} ${where}`, remote),
    ...[...remoteUnitsOf(relation, appName)].flatMap(([unit, data]) =>
      textProblems(`the data of ${unit} ${where}`, data),
    ),
  ];
}
