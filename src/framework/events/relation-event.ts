import { CharmEvent, type CharmEventParts } from "./charm-event.ts";
import type { RelationFacts } from "../dispatch/hook-facts.ts";

/** Something happened to a relation. */
export class RelationEvent<Endpoint extends string = string> extends CharmEvent {
  readonly relation: RelationFacts & { readonly endpoint: Endpoint };

  constructor(parts: CharmEventParts, relation: RelationFacts & { readonly endpoint: Endpoint }) {
    super(parts);
    this.relation = relation;
  }
}
