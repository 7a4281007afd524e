import { CharmEvent, type CharmEventParts } from "./charm-event.ts";
import type { RelationFacts } from "../dispatch/hook-facts.ts";

/** Something happened to a relation. */
export class RelationEvent extends CharmEvent {
  readonly relation: RelationFacts;

  constructor(parts: CharmEventParts, relation: RelationFacts) {
    super(parts);
    this.relation = relation;
  }
}
