import type { JujuBackend } from "juju-hook-tools";
import type { State } from "../state/state.ts";
import { StateTransaction } from "./state-transaction.ts";
import { noSideEffects, type SideEffects } from "./side-effects.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import { SimulatedAction } from "./simulated-action.ts";
import { SimulatedNetwork } from "./simulated-network.ts";
import { SimulatedRelations } from "./simulated-relations.ts";
import { SimulatedSecrets } from "./simulated-secrets.ts";
import { SimulatedStorage } from "./simulated-storage.ts";
import { SimulatedUnit } from "./simulated-unit.ts";

/** A simulated Juju for one dispatch. */
export class Simulation implements JujuBackend {
  readonly now: () => number;
  readonly transaction: StateTransaction;
  readonly effects: SideEffects = noSideEffects();
  readonly unit: SimulatedUnit;
  readonly relations: SimulatedRelations;
  readonly secrets: SimulatedSecrets;
  readonly network: SimulatedNetwork;
  readonly storage: SimulatedStorage;
  readonly action: SimulatedAction;

  constructor(state: State, options: SimulationOptions) {
    this.now = options.now;
    this.transaction = new StateTransaction(state);
    this.unit = new SimulatedUnit(this.transaction, options, this.effects);
    this.relations = new SimulatedRelations(this.transaction, options);
    this.secrets = new SimulatedSecrets(this.transaction, options);
    this.network = new SimulatedNetwork(this.transaction, options);
    this.storage = new SimulatedStorage(this.transaction, options, this.effects);
    this.action = new SimulatedAction(options, this.effects);
  }
}
