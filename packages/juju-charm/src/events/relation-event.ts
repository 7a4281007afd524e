import type { RelationFacts } from "../dispatch/hook-facts.ts";
import type { RelationPhase } from "../dispatch/hook-name.ts";
import type { AnyRelationData } from "../model/data-bag.ts";
import type { Relation } from "../model/relation.ts";
import { CharmEvent, type CharmEventParts } from "./charm-event.ts";

/** Something happened to a relation. */
export class RelationEvent<
  Endpoint extends string = string,
  Data extends object = AnyRelationData,
> extends CharmEvent {
  readonly relation: Relation<Endpoint, Data>;
  readonly phase: RelationPhase;
  /** The remote application, of a peer relation the own one. Absent when Juju cannot tell any more. */
  readonly app: string | undefined;
  /** The remote unit. Absent in `created`, in `broken`, and in `changed` when application data changed. */
  readonly unit: string | undefined;
  /** Only in `departed`: the remote unit, or this unit when it is the one that goes. */
  readonly departingUnit: string | undefined;

  constructor(parts: CharmEventParts, relation: Relation<Endpoint, Data>, facts: RelationFacts) {
    super(parts);
    this.relation = relation;
    this.phase = facts.phase;
    this.app = facts.remoteApp;
    this.unit = facts.remoteUnit;
    this.departingUnit = facts.departingUnit;
  }
}
