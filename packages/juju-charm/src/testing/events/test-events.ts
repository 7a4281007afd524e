import type { LifecycleHook, RelationPhase, SecretHook, StoragePhase } from "../../dispatch/hook-name.ts";
import type { JsonObject } from "juju-hook-tools";
import { freshActionID } from "../state/fresh-id.ts";
import { frozen } from "../state/frozen.ts";
import type { AnyRelation } from "../state/relation.ts";
import { remoteAppOf, remoteUnitsOf } from "../state/relation-members.ts";
import type { Secret } from "../state/secret.ts";
import type { Storage } from "../state/storage.ts";
import { TestEvent } from "./test-event.ts";

/** Number of the event's remote unit. */
export interface UnitOption {
  readonly unit?: number;
}

/** Details of `relation-departed`. */
export interface DepartedOptions extends UnitOption {
  /** Name of the unit that leaves. @default the remote unit */
  readonly departingUnit?: string;
}

/** All events that can start a dispatch, as `ctx.on`. */
export class TestEvents {
  readonly #appName: string;

  constructor(appName: string) {
    this.#appName = appName;
  }

  install(): TestEvent {
    return lifecycle("install");
  }

  start(): TestEvent {
    return lifecycle("start");
  }

  stop(): TestEvent {
    return lifecycle("stop");
  }

  remove(): TestEvent {
    return lifecycle("remove");
  }

  configChanged(): TestEvent {
    return lifecycle("config-changed");
  }

  updateStatus(): TestEvent {
    return lifecycle("update-status");
  }

  upgradeCharm(): TestEvent {
    return lifecycle("upgrade-charm");
  }

  leaderElected(): TestEvent {
    return lifecycle("leader-elected");
  }

  preSeriesUpgrade(): TestEvent {
    return lifecycle("pre-series-upgrade");
  }

  postSeriesUpgrade(): TestEvent {
    return lifecycle("post-series-upgrade");
  }

  relationCreated(relation: AnyRelation): TestEvent {
    return this.#relation("created", relation, {});
  }

  /** @param options `unit`: the joined unit. @default the only remote unit */
  relationJoined(relation: AnyRelation, options: UnitOption = {}): TestEvent {
    return this.#relation("joined", relation, { remoteUnit: this.#unitOf(relation, options) });
  }

  /** @param options `unit`: the unit with changed data; without it, the application data changed. */
  relationChanged(relation: AnyRelation, options: UnitOption = {}): TestEvent {
    const remoteUnit = options.unit === undefined ? undefined : this.#unitOf(relation, options);
    return this.#relation("changed", relation, { remoteUnit });
  }

  /** @param options `unit`: the departing remote unit. @default the only remote unit */
  relationDeparted(relation: AnyRelation, options: DepartedOptions = {}): TestEvent {
    const remoteUnit = this.#unitOf(relation, options);
    const departingUnit = options.departingUnit ?? remoteUnit;
    return this.#relation("departed", relation, { remoteUnit, departingUnit });
  }

  relationBroken(relation: AnyRelation): TestEvent {
    return this.#relation("broken", relation, {});
  }

  storageAttached(storage: Storage): TestEvent {
    return storageEvent("attached", storage);
  }

  storageDetaching(storage: Storage): TestEvent {
    return storageEvent("detaching", storage);
  }

  secretChanged(secret: Secret): TestEvent {
    return secretEvent("secret-changed", secret);
  }

  secretRotate(secret: Secret): TestEvent {
    return secretEvent("secret-rotate", secret);
  }

  /** @param options `revision`: the expired revision. */
  secretExpired(secret: Secret, options: { readonly revision: number }): TestEvent {
    return secretEvent("secret-expired", secret, options.revision);
  }

  /** @param options `revision`: the unused revision. */
  secretRemove(secret: Secret, options: { readonly revision: number }): TestEvent {
    return secretEvent("secret-remove", secret, options.revision);
  }

  /** @param options `params`: the caller's parameters, without defaults. */
  action(name: string, options: { readonly params?: JsonObject; readonly id?: string } = {}): TestEvent {
    const { params = {}, id = freshActionID() } = options;
    return new TestEvent({ family: "action", name, params: frozen(params), id });
  }

  /** A custom event, started as `hooks/<name>` by a timer or a watcher. */
  custom(name: string): TestEvent {
    return new TestEvent({ family: "custom", name });
  }

  #relation(
    phase: RelationPhase,
    relation: AnyRelation,
    units: { readonly remoteUnit?: string | undefined; readonly departingUnit?: string | undefined },
  ): TestEvent {
    const { endpoint, id } = relation;
    const { remoteUnit, departingUnit } = units;
    const remoteApp = remoteAppOf(relation, this.#appName);
    const facts = Object.freeze({ endpoint, phase, id, remoteApp, remoteUnit, departingUnit });
    return new TestEvent({ family: "relation", relation, facts });
  }

  /** Undefined when there are several units, which the consistency check reports. */
  #unitOf(relation: AnyRelation, { unit }: UnitOption): string | undefined {
    if (unit !== undefined) return `${remoteAppOf(relation, this.#appName)}/${unit}`;
    const [only, ...others] = remoteUnitsOf(relation, this.#appName).keys();
    return others.length === 0 ? only : undefined;
  }
}

function lifecycle(name: LifecycleHook): TestEvent {
  return new TestEvent({ family: "lifecycle", name });
}

function storageEvent(phase: StoragePhase, storage: Storage): TestEvent {
  const { name, id, location } = storage;
  return new TestEvent({ family: "storage", storage, facts: Object.freeze({ name, phase, id, location }) });
}

function secretEvent(name: SecretHook, secret: Secret, revision?: number): TestEvent {
  const facts = Object.freeze({ id: secret.uri, label: secret.label, revision });
  return new TestEvent({ family: "secret", name, secret, facts });
}
