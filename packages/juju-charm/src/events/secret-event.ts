import type { SecretFacts } from "../dispatch/hook-facts.ts";
import { JujuSecret } from "../model/juju-secret.ts";
import type { HookTools } from "../tools/hook-tools.ts";
import { CharmEvent, type CharmEventOptions } from "./charm-event.ts";

/** A secret hook, for a secret that the unit owns or reads. */
export class SecretEvent extends CharmEvent {
  /** The secret, by its URI, with the owner's label or, in `secret-changed`, this unit's label. */
  readonly secret: JujuSecret;
  /** The revision of the event. Only in `secret-remove` and `secret-expired`. */
  readonly revision: number | undefined;

  constructor(options: CharmEventOptions, facts: SecretFacts, tools: HookTools) {
    super(options);
    this.secret = new JujuSecret({ id: facts.id, label: facts.label }, tools);
    this.revision = facts.revision;
  }
}
