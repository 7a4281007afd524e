// Generated from the charm's YAML files by `juju-charm generate`: do not edit.
import type { CharmTypes } from "juju-charm";

/** Types for the YAML files of the charm sample. */
export interface SampleTypes extends CharmTypes {
  readonly options: {
    /** The greeting word. */
    readonly greeting: string;
  };
  readonly actions: {
    /** Greets a guest. */
    readonly greet: {
      readonly params: {
        /** Name of the guest. */
        readonly who: string;
      };
      readonly results: {
        /** The greeting. */
        readonly greeting: string;
      };
    };
  };
  readonly relations: Readonly<Record<never, never>>;
  readonly storages: Readonly<Record<never, never>>;
  readonly resources: Readonly<Record<never, never>>;
}
