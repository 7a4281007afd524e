import type { JujuBackend } from "juju-hook-tools";
import type { HookContext } from "../hooks/hook-context.ts";
import { NoRelations } from "./no-relations.ts";
import { ServedAction } from "./served-action.ts";
import { ServedNetwork } from "./served-network.ts";
import { ServedSecrets } from "./served-secrets.ts";
import { ServedStorage } from "./served-storage.ts";
import { ServedUnit } from "./served-unit.ts";

/** The backend of the hook tools in one context of the agent. */
export class ServedBackend implements JujuBackend {
  readonly now: () => number;
  readonly unit: ServedUnit;
  readonly relations = new NoRelations();
  readonly secrets: ServedSecrets;
  readonly network: ServedNetwork;
  readonly storage: ServedStorage;
  readonly action: ServedAction;

  /** @param now milliseconds since 1970. */
  constructor(context: HookContext, now: () => number) {
    this.now = now;
    this.unit = new ServedUnit(context);
    this.secrets = new ServedSecrets(context);
    this.network = new ServedNetwork(context);
    this.storage = new ServedStorage(context);
    this.action = new ServedAction(context);
  }
}
