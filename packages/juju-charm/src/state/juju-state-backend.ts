import type { HookTools, JsonObject } from "../tools/hook-tools.ts";
import { parseJSON } from "../tools/json.ts";
import type { StateBackend } from "./state-backend.ts";
import { StoredStateError } from "./stored-state-error.ts";

/** Juju's limit for a value, in bytes. */
const LONGEST_VALUE = 64 * 1024;

/**
 * Stores the slots in the Juju controller, each as JSON under its name. Juju saves all of them when the hook succeeds,
 * or none. They survive a move of the unit to another machine.
 */
export class JujuStateBackend implements StateBackend {
  readonly #tools: Pick<HookTools, "stateGet" | "stateSet" | "stateDelete">;
  #stored: Readonly<Record<string, string>> = {};

  constructor(tools: Pick<HookTools, "stateGet" | "stateSet" | "stateDelete">) {
    this.#tools = tools;
  }

  /** @throws {@link StoredStateError} when a value is damaged. */
  async read(): Promise<JsonObject> {
    this.#stored = await this.#tools.stateGet();
    return Object.fromEntries(
      Object.entries(this.#stored).map(([name, text]) => {
        try {
          return [name, parseJSON(text)];
        } catch (cause) {
          throw new StoredStateError(
            "read",
            name,
            "it is damaged; run state-delete to start with empty state",
            {
              cause,
            },
          );
        }
      }),
    );
  }

  /** @throws {@link StoredStateError} when a value exceeds Juju's limit. */
  async write(slots: JsonObject): Promise<void> {
    const texts = Object.fromEntries(
      Object.entries(slots).map(([name, value]) => [name, JSON.stringify(value)]),
    );
    const changed = Object.entries(texts).filter(([name, text]) => this.#stored[name] !== text);
    for (const [name, text] of changed) assertFits(name, text);
    for (const name of Object.keys(this.#stored))
      if (!Object.hasOwn(texts, name)) await this.#tools.stateDelete(name);
    if (changed.length > 0) await this.#tools.stateSet(Object.fromEntries(changed));
    this.#stored = texts;
  }
}

function assertFits(name: string, text: string): void {
  const size = Buffer.byteLength(text);
  if (size <= LONGEST_VALUE) return;
  throw new StoredStateError(
    "write",
    name,
    `it has ${size} bytes, and Juju accepts at most ${LONGEST_VALUE}`,
  );
}
