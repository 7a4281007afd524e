import { buildHookEnvironment, type HookTask } from "juju-hook-tools";
import type { TestEvent } from "./events/test-event.ts";
import type { Model } from "./state/model.ts";

/** Facts of a dispatch for its environment. */
export interface DispatchEnvironmentOptions {
  readonly unitName: string;
  readonly contextId: string;
  readonly charmDirectory: string;
  readonly toolsDirectory: string;
  readonly socket: string;
  /** `PATH` without the hook tools. */
  readonly path: string;
  readonly jujuVersion: string;
  readonly machineID: string;
  readonly availabilityZone: string;
  /** Empty unless the unit is a subordinate. */
  readonly principalUnit: string;
  readonly model: Model;
}

type Variables = Readonly<Record<string, string>>;

/** The complete environment of an event's dispatch, without variables of the test process. */
export function dispatchEnvironment(event: TestEvent, options: DispatchEnvironmentOptions): Variables {
  const { unitName: unit, model } = options;
  return {
    ...buildHookEnvironment({
      ...options,
      unit,
      model: { name: model.name, uuid: model.uuid, config: {} },
      distribution: "ubuntu",
      task: taskOf(event),
    }),
    JUJU_VERSION: options.jujuVersion,
    JUJU_MACHINE_ID: options.machineID,
    JUJU_AVAILABILITY_ZONE: options.availabilityZone,
    JUJU_PRINCIPAL_UNIT: options.principalUnit,
    ...eventVariables(event),
  };
}

function taskOf({ name, trigger }: TestEvent): HookTask {
  return trigger.family === "action" ? { kind: "action", name, id: trigger.id } : { kind: "hook", name };
}

function eventVariables({ name, trigger }: TestEvent): Variables {
  switch (trigger.family) {
    case "relation": {
      const { endpoint, id, remoteApp, remoteUnit, departingUnit } = trigger.facts;
      return {
        JUJU_RELATION: endpoint,
        JUJU_RELATION_ID: `${endpoint}:${id}`,
        JUJU_REMOTE_APP: remoteApp ?? "",
        JUJU_REMOTE_UNIT: remoteUnit ?? "",
        ...(departingUnit !== undefined && { JUJU_DEPARTING_UNIT: departingUnit }),
      };
    }
    case "storage": {
      const { id, location, type } = trigger.storage;
      return { JUJU_STORAGE_ID: id, JUJU_STORAGE_LOCATION: location, JUJU_STORAGE_KIND: type };
    }
    case "secret": {
      const { id, label, revision } = trigger.facts;
      return {
        JUJU_SECRET_ID: id,
        JUJU_SECRET_LABEL: label ?? "",
        ...(revision !== undefined && { JUJU_SECRET_REVISION: String(revision) }),
      };
    }
    case "lifecycle":
      return name === "pre-series-upgrade"
        ? { JUJU_TARGET_BASE: "ubuntu@24.04", JUJU_TARGET_SERIES: "noble" }
        : {};
    case "action":
    case "custom":
      return {};
  }
}
