import { ToolError, usageError, type StorageBackend } from "juju-hook-tools";
import type { Storage } from "../state/storage.ts";
import type { Ledger } from "./ledger.ts";
import type { SideEffects } from "./side-effects.ts";
import type { Setting } from "./setting.ts";

/** Storage, resources and what the controller remembers, as the hook tools show them. */
export class SimulatedStorage implements StorageBackend {
  readonly #ledger: Ledger;
  readonly #setting: Setting;
  readonly #effects: SideEffects;

  constructor(ledger: Ledger, setting: Setting, effects: SideEffects) {
    this.#ledger = ledger;
    this.#setting = setting;
    this.#effects = effects;
  }

  /** IDs of the attached storages, of one name or of all. */
  ids(name?: string): readonly string[] {
    return this.#ledger.kept.storages
      .filter((storage) => name === undefined || storage.name === name)
      .map(({ id }) => id);
  }

  /** @throws ToolError when it is not attached. */
  get(id: string): Storage {
    const storage = this.#ledger.kept.storages.find((candidate) => candidate.id === id);
    if (storage) return storage;
    throw usageError(`invalid value "${id}" for option -s: storage "${id}" not found`);
  }

  current(): string | undefined {
    const { trigger } = this.#setting.event;
    return trigger.family === "storage" ? trigger.storage.id : undefined;
  }

  /** Asks for more; counts once the dispatch succeeds. @throws ToolError for a name that the charm does not have. */
  add(name: string, count: number): void {
    if (!(name in this.#setting.metadata.storages)) throw new ToolError(`charm storage "${name}" not found`);
    this.#effects.storageRequests.push({ name, count });
  }

  /** Path of a resource's file. @throws ToolError when it was not attached. */
  resource(name: string): string {
    const resource = this.#ledger.kept.resources.find((candidate) => candidate.name === name);
    if (resource) return resource.path;
    throw new ToolError(`could not download resource: resource "${name}" not found`);
  }

  remembered(): Readonly<Record<string, string>> {
    return this.#ledger.pending.serverState;
  }

  remember(data: Readonly<Record<string, string>>): void {
    this.#ledger.buffer((state) => state.with({ serverState: { ...state.serverState, ...data } }));
  }

  forget(key: string): void {
    this.#ledger.buffer((state) => {
      const rest = Object.entries(state.serverState).filter(([name]) => name !== key);
      return state.with({ serverState: Object.fromEntries(rest) });
    });
  }
}
