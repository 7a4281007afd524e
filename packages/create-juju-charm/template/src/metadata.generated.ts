// Generated from the charm's YAML files by `juju-charm generate`: do not edit.
import type { CharmTypes } from "juju-charm";

/** Types for the YAML files of the charm sample. */
export interface SampleTypes extends CharmTypes {
  readonly options: {
    /** The word that greets. */
    readonly greeting: string;
  };
  readonly actions: {
    /** Greets somebody. */
    readonly greet: {
      readonly params: {
        /** Name of whoever is greeted. */
        readonly who: string;
      };
      readonly results: {
        /** What was said. */
        readonly greeting: string;
      };
    };
  };
  readonly relations: Readonly<Record<never, never>>;
  readonly storages: Readonly<Record<never, never>>;
  readonly resources: Readonly<Record<never, never>>;
}
