import type { JsonObject } from "../tools/hook-tools.ts";

/** Where the slots of the stored state are kept. */
export interface StateBackend {
  /** All slots by name; nothing kept yet is `{}`. */
  read(): Promise<JsonObject>;
  /** Keeps these slots in place of what was there: all of them or, when it throws, none. */
  write(slots: JsonObject): Promise<void>;
}
