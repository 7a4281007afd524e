import type { ActionResults } from "./events/action-results.ts";
import type { JsonObject } from "./tools/hook-tools.ts";

/**
 * The declarations of a charm's YAML files, as types. The generator writes such an interface. With
 * `class HelloCharm extends Charm<HelloTypes>`, a misspelt name does not compile.
 *
 * ```ts
 * interface HelloTypes extends CharmTypes {
 *   readonly options: { readonly greeting: string; readonly "log-file"?: string };
 *   readonly actions: { readonly greet: { readonly params: { readonly who: string }; readonly results: ActionResults } };
 *   readonly relations: { readonly db: { readonly role: "requires"; readonly interface: "pgsql" } };
 *   readonly storages: { readonly data: { readonly type: "filesystem"; readonly multiple: false } };
 *   readonly resources: { readonly model: { readonly type: "file" } };
 * }
 * ```
 */
export interface CharmTypes {
  /** Values that `config-get` returns, by option name. Options without a default are optional. */
  readonly options: object;
  /** {@link ActionTypes} by action name. */
  readonly actions: object;
  /** {@link RelationTypes} by endpoint name, for `provides`, `requires` and `peers`. */
  readonly relations: object;
  /** {@link StorageTypes} by storage name. */
  readonly storages: object;
  /** {@link ResourceTypes} by resource name. */
  readonly resources: object;
  /** Extra bindings by name. @default none */
  readonly extraBindings?: object;
}

/** Types of an action. */
export interface ActionTypes {
  /** Parameters by name. A parameter without a default is optional unless the action requires it. */
  readonly params: object;
  /** Results that the action documents for its caller. */
  readonly results: object;
}

/** Types of a relation endpoint. */
export interface RelationTypes {
  readonly role: "provides" | "requires" | "peer";
  readonly interface: string;
}

/** Types of a storage. */
export interface StorageTypes {
  readonly type: "filesystem" | "block";
  /** Whether a unit can have several instances of this storage. */
  readonly multiple: boolean;
}

/** Types of a resource. */
export interface ResourceTypes {
  readonly type: "file" | "oci-image";
}

/** Default types of a charm without generated types: any name compiles, every value is JSON. */
export interface UntypedCharm extends CharmTypes {
  readonly options: JsonObject;
  readonly actions: Readonly<
    Record<string, { readonly params: JsonObject; readonly results: ActionResults }>
  >;
  readonly relations: Readonly<Record<string, RelationTypes>>;
  readonly storages: Readonly<Record<string, StorageTypes>>;
  readonly resources: Readonly<Record<string, ResourceTypes>>;
}

/** Names of a charm's bindings: its endpoints, its extra bindings, and `juju-info`. */
export type BindingOf<T extends CharmTypes> =
  NameOf<T, "relations"> | (keyof NonNullable<T["extraBindings"]> & string) | "juju-info";

/** Names of a charm's options, actions, relation endpoints, storages or resources. */
export type NameOf<T extends CharmTypes, What extends keyof CharmTypes> = keyof T[What] & string;

/** Names of a charm's relation endpoints with an interface: what a library for this interface can be used with. */
export type EndpointOf<T extends CharmTypes, Interface extends string> = {
  [Name in NameOf<T, "relations">]: T["relations"][Name] extends { readonly interface: infer Own }
    ? Interface extends Own
      ? Name
      : never
    : never;
}[NameOf<T, "relations">];
