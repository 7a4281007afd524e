import type { Logger } from "charm-kit";
import type { Application } from "./model/application.ts";
import { Model } from "./model/model.ts";
import { bindMethods } from "./bind-methods.ts";
import type { CharmTypes, UntypedCharm } from "./charm-types.ts";
import { CharmConfig } from "./model/charm-config.ts";
import { ObservableEvents } from "./events/observable-events.ts";
import type { Framework } from "./framework.ts";
import type { Unit } from "./model/unit.ts";

/** A charm, whatever its yaml files declare. */
export interface CharmInstance {
  readonly framework: Framework;
}

/**
 * Base class of a charm. Made anew for every dispatch; its constructor registers observers and does no work:
 *
 * ```ts
 * class HelloCharm extends Charm {
 *   constructor(framework: Framework) {
 *     super(framework);
 *     framework.observe(this.on.install, this.onInstall);
 *   }
 *   readonly onInstall = async (event: CharmEvent): Promise<void> => {
 *     await this.unit.setStatus({ name: "active", message: "" });
 *   };
 * }
 * ```
 *
 * `T` says what the charm's yaml files declare ({@link CharmTypes}, generated from them); without it, all names pass.
 *
 * Handlers may be arrow properties, as here, or public methods, which this class binds. Modules that only some events
 * need are imported inside the handlers of those events: every dispatch pays for what is imported at the top.
 */
export abstract class Charm<T extends CharmTypes = UntypedCharm> implements CharmInstance {
  readonly framework: Framework;
  readonly on = new ObservableEvents<T>();
  readonly model: Model<T>;
  readonly unit: Unit;
  readonly app: Application;
  readonly config: CharmConfig<T["options"]>;
  readonly log: Logger;

  constructor(framework: Framework) {
    this.framework = framework;
    this.model = new Model<T>(framework);
    this.unit = this.model.unit;
    this.app = this.model.app;
    this.config = new CharmConfig(framework.tools);
    this.log = framework.log;
    bindMethods(this, Charm);
  }
}
