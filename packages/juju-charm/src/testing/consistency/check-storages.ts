import { isDeepStrictEqual } from "node:util";
import { repeated, type Scenario } from "./scenario.ts";

/** Storages are declared, with the declared type and unique IDs, and respect the maximum. */
export function checkStorages({ state, metadata }: Scenario): readonly string[] {
  const { storages } = state;
  return [
    ...repeated(storages.map(({ id }) => id)).map((id) => `several storages have the ID ${id}`),
    ...storages.flatMap(({ id, name, type }) => {
      const declared = metadata.storages[name];
      if (!declared) return [`the storage ${name} is not in charm.yaml`];
      return declared.type === type
        ? []
        : [`the storage ${id} has the type ${type}, and charm.yaml declares ${declared.type}`];
    }),
    ...Object.entries(metadata.storages).flatMap(([name, { multiple }]) => {
      const count = storages.filter((storage) => storage.name === name).length;
      const most = multiple ? multiple.maximum : 1;
      return most !== undefined && count > most
        ? [`the storage ${name} has ${count} instances, and its maximum is ${most}`]
        : [];
    }),
  ];
}

/** The storage of the event is in the state, and the same. */
export function checkStorageEvent({ event, state }: Scenario): readonly string[] {
  const { trigger } = event;
  if (trigger.family !== "storage") return [];
  const { id } = trigger.storage;
  const known = state.storages.find((storage) => storage.id === id);
  if (!known) return [`the storage ${id} of the event is not in the state`];
  return isDeepStrictEqual(known, trigger.storage)
    ? []
    : [`the storage ${id} of the event differs from the one in the state`];
}
