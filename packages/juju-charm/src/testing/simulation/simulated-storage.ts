import { ToolError, usageError, type StorageBackend } from "juju-hook-tools";
import type { Storage } from "../state/storage.ts";
import type { StateTransaction } from "./state-transaction.ts";
import type { SideEffects } from "./side-effects.ts";
import type { SimulationOptions } from "./simulation-options.ts";

/** Storage, resources and the state in the controller for hook tools. */
export class SimulatedStorage implements StorageBackend {
  readonly #transaction: StateTransaction;
  readonly #options: SimulationOptions;
  readonly #effects: SideEffects;

  constructor(transaction: StateTransaction, options: SimulationOptions, effects: SideEffects) {
    this.#transaction = transaction;
    this.#options = options;
    this.#effects = effects;
  }

  /** IDs of attached storages, all or those with a name. */
  ids(name?: string): readonly string[] {
    return this.#transaction.committed.storages
      .filter((storage) => name === undefined || storage.name === name)
      .map(({ id }) => id);
  }

  /** @throws ToolError when it is not attached. */
  get(id: string): Storage {
    const storage = this.#transaction.committed.storages.find((candidate) => candidate.id === id);
    if (storage) return storage;
    throw usageError(`invalid value "${id}" for option -s: storage "${id}" not found`);
  }

  current(): string | undefined {
    const { trigger } = this.#options.event;
    return trigger.family === "storage" ? trigger.storage.id : undefined;
  }

  /** Requests more storage when the dispatch succeeds. Juju refuses an undeclared one only then. */
  add(name: string, count: number): void {
    if (Object.hasOwn(this.#options.metadata.storages, name))
      this.#effects.storageRequests.push({ name, count });
    else this.#transaction.bufferRefused(`charm storage "${name}" not found`);
  }

  /** Path of a resource's file. @throws ToolError when it is not attached. */
  resource(name: string): string {
    const resource = this.#transaction.committed.resources.find((candidate) => candidate.name === name);
    if (resource) return resource.path;
    throw new ToolError(`could not download resource: resource "${name}" not found`);
  }

  remembered(): Readonly<Record<string, string>> {
    return this.#transaction.pending.serverState;
  }

  remember(data: Readonly<Record<string, string>>): void {
    this.#transaction.buffer((state) => state.with({ serverState: { ...state.serverState, ...data } }));
  }

  forget(key: string): void {
    this.#transaction.buffer((state) => {
      const rest = Object.entries(state.serverState).filter(([name]) => name !== key);
      return state.with({ serverState: Object.fromEntries(rest) });
    });
  }
}
