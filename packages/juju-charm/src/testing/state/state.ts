import type { PortRange } from "../../tools/network-tools.ts";
import type { JsonObject } from "juju-hook-tools";
import type { ShownStatus } from "../../tools/status-tools.ts";
import type { DeferredEvent } from "./deferred-event.ts";
import { frozen } from "./frozen.ts";
import { Model } from "./model.ts";
import type { Network } from "./network.ts";
import type { AnyRelation } from "./relation.ts";
import type { Resource } from "./resource.ts";
import type { Secret } from "./secret.ts";
import type { Storage } from "./storage.ts";
import { StateError } from "./state-error.ts";

/** What a {@link State} is made of; what is not given is empty. */
export interface StateFields {
  /** Options that were set; the others have their defaults. */
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
  /** Units that the application is to have, this one among them. @default 1 */
  readonly plannedUnits?: number;
  /** Events that wait for their observers, the oldest first. */
  readonly deferred?: readonly DeferredEvent[];
  /** What the charm remembers in its own file, by name of the slot. */
  readonly storedState?: JsonObject;
  /** What the controller remembers for the unit (`state-set`). */
  readonly serverState?: Readonly<Record<string, string>>;
  /** @default unknown */
  readonly unitStatus?: ShownStatus;
  /** @default unknown */
  readonly appStatus?: ShownStatus;
  readonly workloadVersion?: string;
}

const UNKNOWN: ShownStatus = { name: "unknown", message: "" };

/** All that Juju and the unit know before a dispatch, or after it. Nothing of it can be changed: {@link with} makes another. */
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

  /** The same state, changed: `state.with({ leader: true })`. */
  with(changes: StateFields): State {
    return new State(Object.assign({}, this, changes));
  }

  /** The state with one relation in place of the one that has its number. */
  withRelation(relation: AnyRelation): State {
    return this.with({ relations: this.relations.map((old) => (old.id === relation.id ? relation : old)) });
  }

  /** The state with one secret in place of the one that has its ID. */
  withSecret(secret: Secret): State {
    return this.with({ secrets: this.secrets.map((old) => (old.id === secret.id ? secret : old)) });
  }

  /**
   * What has become of a relation: `stateOut.relation(db).localAppData`.
   *
   * @param which the relation as it was in another state, or its number.
   * @throws {@link StateError} when the state has none such.
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
   * What has become of a secret.
   *
   * @param which the secret as it was in another state, or its ID, or its label.
   * @throws {@link StateError} when the state has none such.
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
