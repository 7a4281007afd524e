import type { HookTools, JsonObject } from "../tools/hook-tools.ts";
import { parseJSON } from "../tools/json.ts";
import type { StateBackend } from "./state-backend.ts";
import { StoredStateError } from "./stored-state-error.ts";

/** Juju's limit of a value, in bytes. */
const LONGEST_VALUE = 64 * 1024;

/**
 * Keeps the slots with Juju's controller, each as JSON under its name. Juju takes them over when the hook succeeds, all
 * or none, and gives them to a unit that moves to another machine.
 */
export class JujuStateBackend implements StateBackend {
  readonly #tools: Pick<HookTools, "stateGet" | "stateSet" | "stateDelete">;
  #kept: Readonly<Record<string, string>> = {};

  constructor(tools: Pick<HookTools, "stateGet" | "stateSet" | "stateDelete">) {
    this.#tools = tools;
  }

  /** @throws {@link StoredStateError} when a value is not what {@link write} writes. */
  async read(): Promise<JsonObject> {
    this.#kept = await this.#tools.stateGet();
    return Object.fromEntries(
      Object.entries(this.#kept).map(([name, text]) => {
        try {
          return [name, parseJSON(text)];
        } catch (cause) {
          throw new StoredStateError("read", name, "it is damaged; run state-delete to start from nothing", {
            cause,
          });
        }
      }),
    );
  }

  /** @throws {@link StoredStateError} when a value is longer than Juju takes. */
  async write(slots: JsonObject): Promise<void> {
    const texts = Object.fromEntries(
      Object.entries(slots).map(([name, value]) => [name, JSON.stringify(value)]),
    );
    const changed = Object.entries(texts).filter(([name, text]) => this.#kept[name] !== text);
    for (const [name, text] of changed) assertFits(name, text);
    for (const name of Object.keys(this.#kept))
      if (!Object.hasOwn(texts, name)) await this.#tools.stateDelete(name);
    if (changed.length > 0) await this.#tools.stateSet(Object.fromEntries(changed));
    this.#kept = texts;
  }
}

function assertFits(name: string, text: string): void {
  const size = Buffer.byteLength(text);
  if (size <= LONGEST_VALUE) return;
  throw new StoredStateError("write", name, `it has ${size} bytes, and Juju takes ${LONGEST_VALUE}`);
}
