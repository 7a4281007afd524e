import { repeated, type Scene } from "./scene.ts";

/** Storages are declared, of the declared type, numbered apart, and no more than may be. */
export function checkStorages({ state, metadata }: Scene): readonly string[] {
  const { storages } = state;
  return [
    ...repeated(storages.map(({ id }) => id)).map((id) => `several storages are ${id}`),
    ...storages.flatMap(({ id, name, type }) => {
      const declared = metadata.storages[name];
      if (!declared) return [`the storage ${name} is not in charm.yaml`];
      return declared.type === type
        ? []
        : [`the storage ${id} is a ${type}, and charm.yaml says ${declared.type}`];
    }),
    ...Object.entries(metadata.storages).flatMap(([name, { multiple }]) => {
      const count = storages.filter((storage) => storage.name === name).length;
      const most = multiple ? multiple.maximum : 1;
      return most !== undefined && count > most
        ? [`there are ${count} of the storage ${name}, at most ${most} can be`]
        : [];
    }),
  ];
}

/** The storage of the event is in the state. */
export function checkStorageEvent({ event, state }: Scene): readonly string[] {
  const { trigger } = event;
  if (trigger.family !== "storage") return [];
  const { id } = trigger.storage;
  return state.storages.some((storage) => storage.id === id)
    ? []
    : [`the storage ${id} of the event is not in the state`];
}
