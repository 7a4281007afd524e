import type { ActionResults } from "./events/action-results.ts";
import type { JsonObject } from "./tools/hook-tools.ts";

/**
 * What a charm's yaml files declare, as types. The generator writes such an interface; a charm names it once,
 * `class HelloCharm extends Charm<HelloTypes>`, and from then on a misspelt name does not compile.
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
  /** Values that `config-get` answers, by name of the option; those without a default are optional. */
  readonly options: object;
  /** {@link ActionTypes} by name of the action. */
  readonly actions: object;
  /** {@link RelationTypes} by endpoint: those of `provides`, `requires` and `peers` together. */
  readonly relations: object;
  /** {@link StorageTypes} by name. */
  readonly storages: object;
  /** {@link ResourceTypes} by name. */
  readonly resources: object;
}

/** Types of an action. */
export interface ActionTypes {
  /** Parameters by name; those without a default are optional unless they are required. */
  readonly params: object;
  /** Results that its caller may count on. */
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
  /** Whether there may be several of it. */
  readonly multiple: boolean;
}

/** Types of a resource. */
export interface ResourceTypes {
  readonly type: "file" | "oci-image";
}

/** Types of a charm that has none of its own: every name is taken, every value is JSON. */
export interface UntypedCharm extends CharmTypes {
  readonly options: JsonObject;
  readonly actions: Readonly<
    Record<string, { readonly params: JsonObject; readonly results: ActionResults }>
  >;
  readonly relations: Readonly<Record<string, RelationTypes>>;
  readonly storages: Readonly<Record<string, StorageTypes>>;
  readonly resources: Readonly<Record<string, ResourceTypes>>;
}

/** Names of a charm's options, actions, relation endpoints, storages or resources. */
export type NameOf<T extends CharmTypes, What extends keyof CharmTypes> = keyof T[What] & string;
