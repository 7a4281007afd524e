import type { ActionEvent } from "./action-event.ts";
import type { CharmEvent } from "./charm-event.ts";
import type { CollectStatusEvent } from "./collect-status-event.ts";
import type { LifecycleHook, RelationPhase, SecretHook, StoragePhase } from "../dispatch/hook-name.ts";
import type { RelationEvent } from "./relation-event.ts";
import type { SecretEvent } from "./secret-event.ts";
import type { StorageEvent } from "./storage-event.ts";

/** Which event class comes with which kind of event. */
export type CharmEvents = Readonly<
  Record<LifecycleHook, CharmEvent> &
    Record<SecretHook, SecretEvent> &
    Record<`relation:${string}:${RelationPhase}`, RelationEvent> &
    Record<`storage:${string}:${StoragePhase}`, StorageEvent> &
    Record<`action:${string}`, ActionEvent> &
    Record<`custom:${string}`, CharmEvent> &
    Record<"collect-unit-status" | "collect-app-status", CollectStatusEvent>
>;

/** Identity of an event inside the framework. */
export type EventKind = keyof CharmEvents;

/** An event that can be observed: a member of `charm.on`. */
export interface BoundEvent<K extends EventKind> {
  readonly kind: K;
}

function bound<K extends EventKind>(kind: K): BoundEvent<K> {
  return Object.freeze({ kind });
}

/** Events of a relation endpoint. */
export interface RelationEvents<Endpoint extends string> {
  readonly created: BoundEvent<`relation:${Endpoint}:created`>;
  readonly joined: BoundEvent<`relation:${Endpoint}:joined`>;
  readonly changed: BoundEvent<`relation:${Endpoint}:changed`>;
  readonly departed: BoundEvent<`relation:${Endpoint}:departed`>;
  readonly broken: BoundEvent<`relation:${Endpoint}:broken`>;
}

/** Events of a storage of the charm. */
export interface StorageEvents<Name extends string> {
  readonly attached: BoundEvent<`storage:${Name}:attached`>;
  readonly detaching: BoundEvent<`storage:${Name}:detaching`>;
}

/** What a charm can observe, as `charm.on`. */
export class ObservableEvents {
  /** First hook of a unit; runs again when it fails. */
  readonly install = bound("install");
  /** After the first `config-changed`, and after a reboot of the machine. */
  readonly start = bound("start");
  /** Options, trust or addresses differ from what the unit has seen; also once at the start and after an upgrade. */
  readonly configChanged = bound("config-changed");
  /** The charm's code was replaced. */
  readonly upgradeCharm = bound("upgrade-charm");
  /** Every few minutes, as the model says. */
  readonly updateStatus = bound("update-status");
  /** The unit is going away. */
  readonly stop = bound("stop");
  /** Last hook of a unit. */
  readonly remove = bound("remove");
  /** This unit became the leader of its application. */
  readonly leaderElected = bound("leader-elected");
  /** A secret that the unit reads has a new revision. */
  readonly secretChanged = bound("secret-changed");
  /** A secret of the unit is past its expiry time. */
  readonly secretExpired = bound("secret-expired");
  /** Nobody reads a revision of a secret of the unit any more. May be delivered again. */
  readonly secretRemove = bound("secret-remove");
  /** A secret of the unit is due for a new revision. */
  readonly secretRotate = bound("secret-rotate");
  /** The framework asks for the unit's status, after an event that somebody observed. */
  readonly collectUnitStatus = bound("collect-unit-status");
  /** The framework asks the leader for the application's status. */
  readonly collectAppStatus = bound("collect-app-status");

  /** Somebody runs the action of this name. */
  action<Name extends string>(name: Name): BoundEvent<`action:${Name}`> {
    return bound(`action:${name}`);
  }

  /** An event of the charm's own, started as `hooks/<name>` by a timer or a watcher through `juju-exec`. */
  custom<Name extends string>(name: Name): BoundEvent<`custom:${Name}`> {
    return bound(`custom:${name}`);
  }

  /** Events of the relation endpoint of this name. */
  relation<Endpoint extends string>(endpoint: Endpoint): RelationEvents<Endpoint> {
    return {
      created: bound(`relation:${endpoint}:created`),
      joined: bound(`relation:${endpoint}:joined`),
      changed: bound(`relation:${endpoint}:changed`),
      departed: bound(`relation:${endpoint}:departed`),
      broken: bound(`relation:${endpoint}:broken`),
    };
  }

  /** Events of the storage of this name. */
  storage<Name extends string>(name: Name): StorageEvents<Name> {
    return { attached: bound(`storage:${name}:attached`), detaching: bound(`storage:${name}:detaching`) };
  }
}
