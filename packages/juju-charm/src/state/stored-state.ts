import type { JsonObject, JsonValue } from "../tools/hook-tools.ts";
import { isJsonObject, parseJSON } from "../tools/json.ts";
import type { StateBackend } from "./state-backend.ts";
import type { StateSlot } from "./state-slot.ts";
import { StoredStateError } from "./stored-state-error.ts";

/** Slot of the versions of those slots whose version is not 1. */
const VERSIONS = "#versions";

/** The slots at some moment of a dispatch. */
export type Savepoint = ReadonlyMap<string, JsonValue>;

/**
 * What a unit remembers between dispatches, one value for each slot.
 *
 * It is read at the first use and replaced as a whole at {@link commit}, so that a killed process leaves the old or the
 * new state. It survives upgrades of the charm, and goes with the unit.
 */
export class StoredState {
  readonly #backend: StateBackend;
  #loading: Promise<void> | undefined;
  #slots = new Map<string, JsonValue>();
  #committed = "";

  constructor(backend: StateBackend) {
    this.#backend = backend;
  }

  /**
   * The value of a slot, as it was written last in this dispatch or committed by an earlier one.
   *
   * @throws {@link StoredStateError} when the state cannot be read, or when a newer version of the charm wrote the slot.
   */
  async read<T extends JsonValue>(slot: StateSlot<T>): Promise<T> {
    await this.#load();
    const stored = this.#slots.get(slot.name);
    const from = this.#versionOf(slot.name);
    const version = slot.version ?? 1;
    if (stored === undefined || from === version) return slot.parse(stored);
    if (from > version) {
      const fault = `version ${from} of it was written by a newer charm, this one knows version ${version}`;
      throw new StoredStateError("read", slot.name, fault);
    }
    return slot.parse(slot.migrate ? slot.migrate(from, stored) : stored);
  }

  /**
   * Remembers a value from the next {@link commit} on. It is copied: what happens to it afterwards is not remembered.
   *
   * @throws {@link StoredStateError} when the value is not one that JSON can hold.
   */
  async write<T extends JsonValue>(slot: StateSlot<T>, value: T): Promise<void> {
    await this.#load();
    this.#slots.set(slot.name, copyOf(slot.name, value));
    this.#noteVersion(slot.name, slot.version ?? 1);
  }

  /**
   * Keeps the values if one has changed. Nothing is read or written when no slot was used.
   *
   * @throws {@link StoredStateError} when they cannot be kept; the old ones stay.
   */
  async commit(): Promise<void> {
    if (!this.#loading) return;
    await this.#loading;
    const slots = Object.fromEntries(this.#slots);
    const text = JSON.stringify(slots);
    if (text === this.#committed) return;
    await this.#backend.write(slots);
    this.#committed = text;
  }

  /** What all slots hold now, for {@link restore}. */
  async savepoint(): Promise<Savepoint> {
    await this.#load();
    return new Map(this.#slots);
  }

  /** Forgets what was written after a savepoint. */
  restore(savepoint: Savepoint): void {
    this.#slots = new Map(savepoint);
  }

  get #versions(): JsonObject {
    const versions = this.#slots.get(VERSIONS);
    return isJsonObject(versions) ? versions : {};
  }

  #versionOf(name: string): number {
    const version = this.#versions[name];
    return typeof version === "number" ? version : 1;
  }

  /** Version 1 needs no note. */
  #noteVersion(name: string, version: number): void {
    if (version === this.#versionOf(name)) return;
    const others = Object.entries(this.#versions).filter(([slot]) => slot !== name);
    const versions = version === 1 ? others : [...others, [name, version] as const];
    if (versions.length > 0) this.#slots.set(VERSIONS, Object.fromEntries(versions));
    else this.#slots.delete(VERSIONS);
  }

  #load(): Promise<void> {
    this.#loading ??= this.#backend.read().then((slots) => {
      this.#slots = new Map(Object.entries(slots));
      this.#committed = JSON.stringify(slots);
    });
    return this.#loading;
  }
}

function copyOf(name: string, value: JsonValue): JsonValue {
  try {
    const text = JSON.stringify(value) as string | undefined;
    if (text !== undefined) return parseJSON(text);
  } catch (cause) {
    throw new StoredStateError("write", name, "its value cannot be written as JSON", { cause });
  }
  throw new StoredStateError("write", name, "its value is undefined; write null for none");
}
