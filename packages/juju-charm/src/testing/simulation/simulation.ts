import type { JujuBackend } from "juju-hook-tools";
import type { State } from "../state/state.ts";
import { Ledger } from "./ledger.ts";
import { noSideEffects, type SideEffects } from "./side-effects.ts";
import type { Setting } from "./setting.ts";
import { SimulatedAction } from "./simulated-action.ts";
import { SimulatedNetwork } from "./simulated-network.ts";
import { SimulatedRelations } from "./simulated-relations.ts";
import { SimulatedSecrets } from "./simulated-secrets.ts";
import { SimulatedStorage } from "./simulated-storage.ts";
import { SimulatedUnit } from "./simulated-unit.ts";

/** Juju in memory, for one dispatch. */
export class Simulation implements JujuBackend {
  readonly now: () => number;
  readonly ledger: Ledger;
  readonly effects: SideEffects = noSideEffects();
  readonly unit: SimulatedUnit;
  readonly relations: SimulatedRelations;
  readonly secrets: SimulatedSecrets;
  readonly network: SimulatedNetwork;
  readonly storage: SimulatedStorage;
  readonly action: SimulatedAction;

  constructor(state: State, setting: Setting) {
    this.now = setting.now;
    this.ledger = new Ledger(state);
    this.unit = new SimulatedUnit(this.ledger, setting, this.effects);
    this.relations = new SimulatedRelations(this.ledger, setting);
    this.secrets = new SimulatedSecrets(this.ledger, setting);
    this.network = new SimulatedNetwork(this.ledger, setting);
    this.storage = new SimulatedStorage(this.ledger, setting, this.effects);
    this.action = new SimulatedAction(setting, this.effects);
  }
}
