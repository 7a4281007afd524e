import type { CharmMetadata, RelationMetadata, StorageMetadata } from "../../metadata/metadata.ts";
import { PeerRelation, Relation, SubordinateRelation, type AnyRelation } from "./relation.ts";
import { Resource } from "./resource.ts";
import { Storage } from "./storage.ts";

/** Objects that a charm declares by name. */
export interface DeployedObjects {
  readonly relations: readonly AnyRelation[];
  readonly storages: readonly Storage[];
  readonly resources: readonly Resource[];
}

/**
 * The objects of a complete deployment: a relation on every endpoint that is not optional, the least number of instances
 * of every storage but at least one where possible, and every resource. Given ones replace the generated ones of
 * their name.
 */
export function deployedObjects(
  metadata: CharmMetadata,
  { relations = [], storages = [], resources = [] }: Partial<DeployedObjects>,
): DeployedObjects {
  return {
    relations: [...relations, ...missing(metadata.relations, relations, "endpoint").flatMap(relationOf)],
    storages: [...storages, ...missing(metadata.storages, storages, "name").flatMap(storagesOf)],
    resources: [
      ...resources,
      ...missing(metadata.resources, resources, "name").map(
        ([name, { filename = "content.yaml" }]) =>
          new Resource({
            name,
            path: `/var/lib/juju/agents/unit-${metadata.name}-0/resources/${name}/${filename}`,
          }),
      ),
    ],
  };
}

/** Declarations whose name no given object has. */
function missing<Declaration, Key extends string>(
  declared: Readonly<Record<string, Declaration>>,
  given: readonly Readonly<Record<Key, string>>[],
  key: Key,
): readonly (readonly [string, Declaration])[] {
  return Object.entries(declared).filter(([name]) => !given.some((one) => one[key] === name));
}

/** A peer relation always exists. */
function relationOf([endpoint, { role, scope, optional }]: readonly [
  string,
  RelationMetadata,
]): readonly AnyRelation[] {
  if (role === "peer") return [new PeerRelation({ endpoint })];
  if (optional) return [];
  return [scope === "container" ? new SubordinateRelation({ endpoint }) : new Relation({ endpoint })];
}

function storagesOf([name, { type, multiple }]: readonly [string, StorageMetadata]): readonly Storage[] {
  const count = multiple ? Math.max(multiple.minimum, Math.min(1, multiple.maximum ?? 1)) : 1;
  return Array.from({ length: count }, (_, index) => new Storage({ name, type, index }));
}
