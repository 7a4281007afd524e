import type { RelationMetadata } from "../../metadata/metadata.ts";
import type { AnyRelation } from "../state/relation.ts";
import { repeated, type Scenario } from "./scenario.ts";

/** Relations have declared endpoints, the class for the endpoint, and unique numbers, and respect the limit. */
export function checkRelations({ state, metadata, unitID }: Scenario): readonly string[] {
  const { relations } = state;
  return [
    ...repeated(relations.map(({ id }) => id)).map((id) => `several relations have the number ${id}`),
    ...relations.flatMap((relation) => endpointProblems(relation, metadata.relations[relation.endpoint])),
    ...relations.flatMap((relation) => peerProblems(relation, unitID)),
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
