import type { RelationFacts } from "../dispatch/hook-facts.ts";
import type { RelationPhase } from "../dispatch/hook-name.ts";
import type { AnyRelationData } from "../model/data-bag.ts";
import type { Relation } from "../model/relation.ts";
import { CharmEvent, type CharmEventOptions } from "./charm-event.ts";

/** A relation hook. */
export class RelationEvent<
  Endpoint extends string = string,
  Data extends object = AnyRelationData,
> extends CharmEvent {
  readonly relation: Relation<Endpoint, Data>;
  readonly phase: RelationPhase;
  /** The remote application; in a peer relation, the unit's own. Absent when Juju no longer knows it. */
  readonly app: string | undefined;
  /** The remote unit. Absent in `created`, in `broken`, and in `changed` when application data changed. */
  readonly unit: string | undefined;
  /** The unit that leaves: a remote unit, or this unit. Only in `departed`. */
  readonly departingUnit: string | undefined;

  constructor(options: CharmEventOptions, relation: Relation<Endpoint, Data>, facts: RelationFacts) {
    super(options);
    this.relation = relation;
    this.phase = facts.phase;
    this.app = facts.remoteApp;
    this.unit = facts.remoteUnit;
    this.departingUnit = facts.departingUnit;
  }
}
