import { CharmEvent, type CharmEventParts } from "./charm-event.ts";
import type { SecretFacts } from "../dispatch/hook-facts.ts";

/** Something happened to a secret that the unit owns or reads. */
export class SecretEvent extends CharmEvent {
  readonly secret: SecretFacts;

  constructor(parts: CharmEventParts, secret: SecretFacts) {
    super(parts);
    this.secret = secret;
  }
}
