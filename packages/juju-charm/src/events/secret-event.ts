import type { SecretFacts } from "../dispatch/hook-facts.ts";
import { JujuSecret } from "../model/juju-secret.ts";
import type { HookTools } from "../tools/hook-tools.ts";
import { CharmEvent, type CharmEventParts } from "./charm-event.ts";

/** Something happened to a secret that the unit owns or reads. */
export class SecretEvent extends CharmEvent {
  /** The secret, by its URI; its label is the owner's, in `secret-changed` the one that this unit gave it. */
  readonly secret: JujuSecret;
  /** The revision that it is about. Only in `secret-remove` and `secret-expired`. */
  readonly revision: number | undefined;

  constructor(parts: CharmEventParts, facts: SecretFacts, tools: HookTools) {
    super(parts);
    this.secret = new JujuSecret({ id: facts.id, label: facts.label }, tools);
    this.revision = facts.revision;
  }
}
