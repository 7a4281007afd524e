import { open, readFile, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CharmError, messageOf } from "../../support/errors.ts";
import type { JsonObject, JsonValue } from "../tools/hook-tools.ts";
import { isJsonObject, parseJSON } from "../tools/json.ts";

/** The state file is damaged or cannot be used. */
export class StoredStateError extends CharmError {
  readonly code = "stored-state";
  readonly path: string;

  constructor(action: "read" | "write", path: string, detail: string, options?: ErrorOptions) {
    super(`Cannot ${action} the stored state ${path}: ${detail}`, options);
    this.path = path;
  }
}

/** A named value in the stored state. */
export interface StateSlot<T extends JsonValue> {
  readonly name: string;
  /**
   * Turns what was stored, by this or an older version of the charm, into a valid value.
   *
   * @param stored undefined when nothing was stored.
   */
  readonly parse: (stored: JsonValue | undefined) => T;
}

/** Mode of the file: what a unit remembers is nobody else's business. */
const MODE = 0o600;

/**
 * What a unit remembers between dispatches: a JSON object in one file, one member for each slot.
 *
 * The file is read at the first use and replaced as a whole at {@link commit}, so that a killed process leaves the old
 * or the new state. It survives upgrades of the charm, and goes with the unit.
 */
export class StoredState {
  readonly #path: string;
  #loading: Promise<Map<string, JsonValue>> | undefined;
  #committed = "";

  /** @param path absolute path of the file; its directory exists. */
  constructor(path: string) {
    this.#path = path;
  }

  /** @throws {@link StoredStateError} when the file cannot be read or is not what {@link commit} writes. */
  async read<T extends JsonValue>(slot: StateSlot<T>): Promise<T> {
    return slot.parse((await this.#slots()).get(slot.name));
  }

  /** Remembers a value from the next {@link commit} on. */
  async write<T extends JsonValue>(slot: StateSlot<T>, value: T): Promise<void> {
    (await this.#slots()).set(slot.name, value);
  }

  /**
   * Writes the file if a value has changed. Nothing is read or written when no slot was used.
   *
   * @throws {@link StoredStateError} when the file cannot be written; the old one stays.
   */
  async commit(): Promise<void> {
    if (!this.#loading) return;
    const text = render(await this.#loading);
    if (text === this.#committed) return;
    try {
      await replaceFile(this.#path, text);
    } catch (thrown) {
      throw new StoredStateError("write", this.#path, messageOf(thrown), { cause: thrown });
    }
    this.#committed = text;
  }

  #slots(): Promise<Map<string, JsonValue>> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<Map<string, JsonValue>> {
    const slots = new Map(Object.entries(await readObject(this.#path)));
    this.#committed = render(slots);
    return slots;
  }
}

function render(slots: ReadonlyMap<string, JsonValue>): string {
  return `${JSON.stringify(Object.fromEntries(slots), undefined, 2)}\n`;
}

async function readObject(path: string): Promise<JsonObject> {
  try {
    const stored = parseJSON(await readFile(path, "utf8"));
    if (isJsonObject(stored)) return stored;
  } catch (thrown) {
    if (isMissing(thrown)) return {};
    if (!(thrown instanceof SyntaxError)) {
      throw new StoredStateError("read", path, messageOf(thrown), { cause: thrown });
    }
  }
  throw new StoredStateError("read", path, "it is damaged; move it away to start from nothing");
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
}

/** Replaces a file so that at any moment, also after a power cut, the old or the new one is there as a whole. */
async function replaceFile(path: string, text: string): Promise<void> {
  await removeLeftOvers(path);
  const temporary = `${path}.${process.pid}.new`;
  const file = await open(temporary, "w", MODE);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/** Juju runs one dispatch of a unit at a time: new files of other processes belong to killed ones. */
async function removeLeftOvers(path: string): Promise<void> {
  const leftOver = (name: string) => name.startsWith(`${basename(path)}.`) && name.endsWith(".new");
  const names = (await readdir(dirname(path))).filter(leftOver);
  await Promise.all(names.map((name) => rm(join(dirname(path), name), { force: true })));
}

/** A rename is on the disk only once its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
