import type { StateBackend } from "../state/state-backend.ts";
import type { JsonObject } from "juju-hook-tools";

/** Keeps the stored state of one dispatch in memory, as JSON, so that later changes to values do not affect it. */
export class MemoryStateBackend implements StateBackend {
  #text: string;

  constructor(slots: JsonObject) {
    this.#text = JSON.stringify(slots);
  }

  get slots(): JsonObject {
    return JSON.parse(this.#text) as JsonObject;
  }

  async read(): Promise<JsonObject> {
    return Promise.resolve(this.slots);
  }

  async write(slots: JsonObject): Promise<void> {
    this.#text = JSON.stringify(slots);
    return Promise.resolve();
  }
}
