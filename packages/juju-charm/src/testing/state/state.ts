import type { PortRange } from "../../tools/network-tools.ts";
import type { JsonObject } from "juju-hook-tools";
import type { ShownStatus } from "../../tools/status-tools.ts";
import { loadMetadata } from "../../metadata/load-metadata.ts";
import { metadataOf, type MetadataSource } from "../metadata-source.ts";
import { deployedObjects } from "./deployed-objects.ts";
import type { DeferredEvent } from "./deferred-event.ts";
import { frozen } from "./frozen.ts";
import { Model } from "./model.ts";
import type { Network } from "./network.ts";
import type { AnyRelation } from "./relation.ts";
import type { Resource } from "./resource.ts";
import type { Secret } from "./secret.ts";
import type { Storage } from "./storage.ts";
import { StateError } from "./state-error.ts";

/** Fields of a {@link State}. Omitted ones are empty. */
export interface StateFields {
  /** Values of options. Others have their defaults. */
  readonly config?: JsonObject;
  /** @default false */
  readonly leader?: boolean;
  readonly relations?: readonly AnyRelation[];
  readonly secrets?: readonly Secret[];
  readonly storages?: readonly Storage[];
  readonly networks?: readonly Network[];
  readonly resources?: readonly Resource[];
  readonly openedPorts?: readonly PortRange[];
  readonly model?: Model;
  /** Planned units of the application, including this one; 0 when the application is being removed. @default 1 */
  readonly plannedUnits?: number;
  /** Deferred events, oldest first. */
  readonly deferred?: readonly DeferredEvent[];
  /** Stored state of the charm, by slot name. */
  readonly storedState?: JsonObject;
  /** The unit's state in the controller (`state-set`). */
  readonly serverState?: Readonly<Record<string, string>>;
  /** @default unknown */
  readonly unitStatus?: ShownStatus;
  /** @default unknown */
  readonly appStatus?: ShownStatus;
  readonly workloadVersion?: string;
}

const UNKNOWN: ShownStatus = { name: "unknown", message: "" };

/** The state of Juju and the unit before or after a dispatch. Immutable: {@link with} creates a changed copy. */
export class State {
  readonly config: JsonObject;
  readonly leader: boolean;
  readonly relations: readonly AnyRelation[];
  readonly secrets: readonly Secret[];
  readonly storages: readonly Storage[];
  readonly networks: readonly Network[];
  readonly resources: readonly Resource[];
  readonly openedPorts: readonly PortRange[];
  readonly model: Model;
  readonly plannedUnits: number;
  readonly deferred: readonly DeferredEvent[];
  readonly storedState: JsonObject;
  readonly serverState: Readonly<Record<string, string>>;
  readonly unitStatus: ShownStatus;
  readonly appStatus: ShownStatus;
  readonly workloadVersion: string;

  constructor(fields: StateFields = {}) {
    this.config = frozen(fields.config ?? {});
    this.leader = fields.leader ?? false;
    this.relations = frozen(fields.relations ?? []);
    this.secrets = frozen(fields.secrets ?? []);
    this.storages = frozen(fields.storages ?? []);
    this.networks = frozen(fields.networks ?? []);
    this.resources = frozen(fields.resources ?? []);
    this.openedPorts = frozen(fields.openedPorts ?? []);
    this.model = fields.model ?? new Model();
    this.plannedUnits = fields.plannedUnits ?? 1;
    this.deferred = frozen(fields.deferred ?? []);
    this.storedState = frozen(fields.storedState ?? {});
    this.serverState = frozen(fields.serverState ?? {});
    this.unitStatus = frozen(fields.unitStatus ?? UNKNOWN);
    this.appStatus = frozen(fields.appStatus ?? UNKNOWN);
    this.workloadVersion = fields.workloadVersion ?? "";
    Object.freeze(this);
  }

  /**
   * The state of a complete deployment: a relation on every endpoint that is not optional, instances of every storage, and
   * every resource. Options have their defaults.
   *
   * @param metadata of the charm, or the texts of its YAML files.
   * @param fields come first: relations, storages and resources of a name replace the generated ones of that name.
   * @throws MetadataError when Juju would not accept the texts.
   */
  static fromMetadata(metadata: MetadataSource, fields: StateFields = {}): State {
    return new State({ ...fields, ...deployedObjects(metadataOf(metadata), fields) });
  }

  /**
   * The state of a complete deployment of the charm in a directory: see {@link State.fromMetadata}.
   *
   * @throws MetadataError when Juju would not accept its YAML files.
   */
  static async fromCharm(directory: string, fields: StateFields = {}): Promise<State> {
    return State.fromMetadata(await loadMetadata(directory), fields);
  }

  /** A changed copy of the state: `state.with({ leader: true })`. */
  with(changes: StateFields): State {
    return new State(Object.assign({}, this, changes));
  }

  /** A copy of the state where this relation replaces the one with the same number. */
  withRelation(relation: AnyRelation): State {
    return this.with({ relations: this.relations.map((old) => (old.id === relation.id ? relation : old)) });
  }

  /** A copy of the state where this secret replaces the one with the same ID. */
  withSecret(secret: Secret): State {
    return this.with({ secrets: this.secrets.map((old) => (old.id === secret.id ? secret : old)) });
  }

  /**
   * The relation in this state: `stateOut.relation(db).localAppData`.
   *
   * @param which the relation of another state, or its number.
   * @throws {@link StateError} when the state does not contain it.
   */
  relation<R extends AnyRelation>(which: R): R;
  relation(which: number): AnyRelation;
  relation(which: AnyRelation | number): AnyRelation {
    const id = typeof which === "number" ? which : which.id;
    return found(
      this.relations.find((relation) => relation.id === id),
      `relation ${id}`,
    );
  }

  /**
   * The secret in this state.
   *
   * @param which the secret of another state, its ID or its label.
   * @throws {@link StateError} when the state does not contain it.
   */
  secret(which: Secret | string): Secret {
    const name = typeof which === "string" ? which : which.id;
    return found(
      this.secrets.find(({ id, label }) => id === name || label === name),
      `secret ${name}`,
    );
  }
}

function found<T>(item: T | undefined, what: string): T {
  if (item !== undefined) return item;
  throw new StateError(what);
}
