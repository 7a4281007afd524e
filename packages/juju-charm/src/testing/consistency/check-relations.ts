import type { RelationMetadata } from "../../metadata/metadata.ts";
import type { AnyRelation } from "../state/relation.ts";
import { repeated, type Scene } from "./scene.ts";

/** Relations are of declared endpoints, of the class that fits the endpoint, within its limit, and numbered apart. */
export function checkRelations({ state, metadata, unitID }: Scene): readonly string[] {
  const { relations } = state;
  return [
    ...repeated(relations.map(({ id }) => id)).map((id) => `several relations have the number ${id}`),
    ...relations.flatMap((relation) => endpointFaults(relation, metadata.relations[relation.endpoint])),
    ...relations.flatMap((relation) => peerFaults(relation, unitID)),
    ...Object.entries(metadata.relations).flatMap(([name, { limit }]) => {
      const count = relations.filter(({ endpoint }) => endpoint === name).length;
      return limit !== undefined && count > limit
        ? [`the endpoint ${name} has ${count} relations, and its limit is ${limit}`]
        : [];
    }),
  ];
}

function endpointFaults(
  { endpoint, kind }: AnyRelation,
  declared: RelationMetadata | undefined,
): readonly string[] {
  if (!declared) return [`the endpoint ${endpoint} is not in charm.yaml`];
  if (declared.role === "peer") {
    return kind === "peer" ? [] : [`the endpoint ${endpoint} is for peers: it takes a PeerRelation`];
  }
  if (kind === "peer") return [`the endpoint ${endpoint} is not for peers: it takes no PeerRelation`];
  const isContainer = declared.scope === "container";
  if (isContainer === (kind === "subordinate")) return [];
  return [
    `the endpoint ${endpoint} has the scope ${declared.scope}: it takes a ${isContainer ? "SubordinateRelation" : "Relation"}`,
  ];
}

function peerFaults(relation: AnyRelation, unitID: number): readonly string[] {
  if (relation.kind !== "peer" || !(unitID in relation.peers)) return [];
  return [`the unit ${unitID} is among the peers of its own relation ${relation.endpoint}:${relation.id}`];
}
