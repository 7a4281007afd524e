import { firstNotJSON, isRecord } from "charm-kit";
import type { JsonObject, JsonValue } from "../tools/hook-tools.ts";
import { parseJSON } from "../tools/json.ts";
import type { StateBackend } from "./state-backend.ts";
import type { StateSlot } from "./state-slot.ts";
import { StoredStateError } from "./stored-state-error.ts";

/** Slot with the versions of all slots whose version is not 1. */
const VERSIONS = "#versions";

/**
 * The values that a unit keeps between dispatches, one for each slot.
 *
 * The first use reads them, and {@link commit} replaces all of them atomically, so that a killed process leaves the old
 * or the new state. The state survives charm upgrades and is removed with the unit.
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
   * The value of a slot: the last one written in this dispatch or committed by an earlier one.
   *
   * @throws {@link StoredStateError} when the state cannot be read, or when a newer charm version wrote the slot.
   */
  async read<T extends JsonValue>(slot: StateSlot<T>): Promise<T> {
    await this.#load();
    const stored = this.#slots.get(slot.name);
    const from = this.#versionOf(slot.name);
    const version = slot.version ?? 1;
    if (stored === undefined || from === version) return slot.parse(stored);
    if (from > version) {
      const problem = `a newer charm wrote version ${from}, and this charm supports version ${version}`;
      throw new StoredStateError("read", slot.name, problem);
    }
    return slot.parse(slot.migrate ? slot.migrate(from, stored) : stored);
  }

  /**
   * Sets a value, which the next {@link commit} stores. The value is copied: later changes to it are not stored.
   *
   * @throws {@link StoredStateError} when JSON cannot hold the value or would change it, such as NaN or a Map.
   */
  async write<T extends JsonValue>(slot: StateSlot<T>, value: T): Promise<void> {
    await this.#load();
    this.#slots.set(slot.name, copyOf(slot.name, value));
    this.#setVersion(slot.name, slot.version ?? 1);
  }

  /**
   * Stores the values if any has changed. Reads and writes nothing when no slot was used.
   *
   * @throws {@link StoredStateError} when the values cannot be stored. The old ones stay.
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

  get #versions(): JsonObject {
    const versions = this.#slots.get(VERSIONS);
    return isRecord(versions) ? versions : {};
  }

  #versionOf(name: string): number {
    const version = this.#versions[name];
    return typeof version === "number" ? version : 1;
  }

  /** Version 1 is the default and is not stored. */
  #setVersion(name: string, version: number): void {
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
  const problem = firstNotJSON(value);
  if (problem === undefined) return parseJSON(JSON.stringify(value));
  const advice = (value as JsonValue | undefined) === undefined ? "; write null for none" : "";
  throw new StoredStateError("write", name, `its value cannot be written as JSON: ${problem}${advice}`);
}
