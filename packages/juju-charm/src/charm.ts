import type { Logger } from "charm-kit";
import type { Application } from "./model/application.ts";
import { Model } from "./model/model.ts";
import { bindMethods } from "./bind-methods.ts";
import type { CharmTypes, UntypedCharm } from "./charm-types.ts";
import { CharmConfig } from "./model/charm-config.ts";
import { ObservableEvents } from "./events/observable-events.ts";
import type { Framework } from "./framework.ts";
import type { Unit } from "./model/unit.ts";

/** A charm instance with any types. */
export interface CharmInstance {
  readonly framework: Framework;
}

/**
 * Base class of a charm. Every dispatch creates a new instance. The constructor only registers observers:
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
 * `T` holds the declarations of the charm's YAML files ({@link CharmTypes}, generated). Without it, any name compiles.
 *
 * Handlers are arrow properties, as in this example, or public methods, which this class binds. Import modules that
 * only some events need inside the handlers of these events: imports at the top of a file slow down every dispatch.
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
