import type { ActionTypes, CharmTypes, NameOf, UntypedCharm } from "../charm-types.ts";
import type { AnyRelationData } from "../model/data-bag.ts";
import type { RelationDataOf } from "../model/model.ts";
import type { ActionEvent } from "./action-event.ts";
import { bindEvent, type BoundEvent } from "./bound-event.ts";
import type { CharmEvent } from "./charm-event.ts";
import type { CollectStatusEvent } from "./collect-status-event.ts";
import type { RelationEvent } from "./relation-event.ts";
import type { SecretEvent } from "./secret-event.ts";
import type { StorageEvent } from "./storage-event.ts";

/** Events of a relation endpoint. */
export interface RelationEvents<Endpoint extends string = string, Data extends object = AnyRelationData> {
  readonly created: BoundEvent<RelationEvent<Endpoint, Data>>;
  readonly joined: BoundEvent<RelationEvent<Endpoint, Data>>;
  readonly changed: BoundEvent<RelationEvent<Endpoint, Data>>;
  readonly departed: BoundEvent<RelationEvent<Endpoint, Data>>;
  readonly broken: BoundEvent<RelationEvent<Endpoint, Data>>;
}

/** Events of a storage. */
export interface StorageEvents<Name extends string = string> {
  readonly attached: BoundEvent<StorageEvent<Name>>;
  readonly detaching: BoundEvent<StorageEvent<Name>>;
}

/** The event of an action, with the parameters and results that `T` declares for it. */
export type ActionEventOf<
  T extends CharmTypes,
  Name extends NameOf<T, "actions">,
> = T["actions"][Name] extends ActionTypes
  ? ActionEvent<T["actions"][Name]["params"], T["actions"][Name]["results"]>
  : ActionEvent;

/**
 * The observable events, as `charm.on`.
 *
 * Observe a hook without a member, such as `leader-settings-changed` of older Juju versions, by its name:
 * `on.custom("leader-settings-changed")`.
 */
export class ObservableEvents<T extends CharmTypes = UntypedCharm> {
  /** First hook of a unit. Juju retries it when it fails. */
  readonly install = bindEvent<CharmEvent>("install");
  /** After the first `config-changed`, and after a reboot of the machine. */
  readonly start = bindEvent<CharmEvent>("start");
  /** Options, trust or addresses have changed; also once at the start and after an upgrade. */
  readonly configChanged = bindEvent<CharmEvent>("config-changed");
  /** The charm's code was replaced. */
  readonly upgradeCharm = bindEvent<CharmEvent>("upgrade-charm");
  /** Runs every few minutes, at the model's `update-status-hook-interval`. */
  readonly updateStatus = bindEvent<CharmEvent>("update-status");
  /** The unit will be removed. */
  readonly stop = bindEvent<CharmEvent>("stop");
  /** Last hook of a unit. */
  readonly remove = bindEvent<CharmEvent>("remove");
  /** This unit became the leader of its application. */
  readonly leaderElected = bindEvent<CharmEvent>("leader-elected");
  /** The machine will be upgraded to another Ubuntu release. Up to Juju 3. */
  readonly preSeriesUpgrade = bindEvent<CharmEvent>("pre-series-upgrade");
  /** The machine was upgraded to another Ubuntu release. Up to Juju 3. */
  readonly postSeriesUpgrade = bindEvent<CharmEvent>("post-series-upgrade");
  /** A secret that the unit reads has a new revision. */
  readonly secretChanged = bindEvent<SecretEvent>("secret-changed");
  /** A secret of the unit has expired. */
  readonly secretExpired = bindEvent<SecretEvent>("secret-expired");
  /** No consumer uses a revision of a secret of the unit any more. May be delivered again. */
  readonly secretRemove = bindEvent<SecretEvent>("secret-remove");
  /** A secret of the unit needs a new revision. */
  readonly secretRotate = bindEvent<SecretEvent>("secret-rotate");
  /** The framework collects the unit's status, at the end of every dispatch. */
  readonly collectUnitStatus = bindEvent<CollectStatusEvent>("collect-unit-status");
  /** The framework collects the application's status, on the leader. */
  readonly collectAppStatus = bindEvent<CollectStatusEvent>("collect-app-status");
  /** The dispatch succeeded. Last chance for parts of the charm to write to the stored state. */
  readonly preCommit = bindEvent<CharmEvent>("pre-commit");
  /** After all observers of {@link preCommit}; for parts of the charm that store data elsewhere. */
  readonly commit = bindEvent<CharmEvent>("commit");

  /** The action of this name is run. */
  action<Name extends NameOf<T, "actions">>(name: Name): BoundEvent<ActionEventOf<T, Name>> {
    return bindEvent(`action:${name}`);
  }

  /** A custom event, started as `hooks/<name>` by a timer or a watcher through `juju-exec`. */
  custom(name: string): BoundEvent {
    return bindEvent(`custom:${name}`);
  }

  /** Events of a relation endpoint. */
  relation<Endpoint extends NameOf<T, "relations">>(
    endpoint: Endpoint,
  ): RelationEvents<Endpoint, RelationDataOf<T, Endpoint>> {
    return {
      created: bindEvent(`relation:${endpoint}:created`),
      joined: bindEvent(`relation:${endpoint}:joined`),
      changed: bindEvent(`relation:${endpoint}:changed`),
      departed: bindEvent(`relation:${endpoint}:departed`),
      broken: bindEvent(`relation:${endpoint}:broken`),
    };
  }

  /** Events of a storage. */
  storage<Name extends NameOf<T, "storages">>(name: Name): StorageEvents<Name> {
    return {
      attached: bindEvent(`storage:${name}:attached`),
      detaching: bindEvent(`storage:${name}:detaching`),
    };
  }
}
