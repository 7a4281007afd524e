import { ToolError, usageError } from "../../../juju/tool-error.ts";
import type { StorageSide } from "../../../juju/juju-side.ts";
import type { Storage } from "../state/storage.ts";
import type { Ledger } from "./ledger.ts";
import type { SideEffects } from "./side-effects.ts";
import type { Setting } from "./setting.ts";

const LONGEST_KEY_BYTES = 256;
const LONGEST_VALUE_BYTES = 64 * 1024;

/** Storage, resources and what the controller remembers, as the hook tools show them. */
export class SimulatedStorage implements StorageSide {
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

  /** @throws ToolError when a key or a value is too long. */
  remember(data: Readonly<Record<string, string>>): void {
    for (const [key, value] of Object.entries(data)) assertFits(key, value);
    this.#ledger.buffer((state) => state.with({ serverState: { ...state.serverState, ...data } }));
  }

  forget(key: string): void {
    this.#ledger.buffer((state) => {
      const rest = Object.entries(state.serverState).filter(([name]) => name !== key);
      return state.with({ serverState: Object.fromEntries(rest) });
    });
  }
}

function assertFits(key: string, value: string): void {
  if (Buffer.byteLength(key) > LONGEST_KEY_BYTES) {
    throw new ToolError(`max allowed key size (${LONGEST_KEY_BYTES}) exceeded: quota limit exceeded`);
  }
  if (Buffer.byteLength(value) > LONGEST_VALUE_BYTES) {
    throw new ToolError(`max allowed value size (${LONGEST_VALUE_BYTES}) exceeded: quota limit exceeded`);
  }
}
