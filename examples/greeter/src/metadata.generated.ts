// Generated from the charm's YAML files by `juju-charm generate`: do not edit.
import type { CharmTypes } from "juju-charm";

/** Types for the YAML files of the charm greeter. */
export interface GreeterTypes extends CharmTypes {
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
  readonly relations: {
    readonly guests: { readonly role: "provides"; readonly interface: "guest" };
  };
  readonly storages: Readonly<Record<never, never>>;
  readonly resources: Readonly<Record<never, never>>;
}
