import type { JsonObject } from "../tools/hook-tools.ts";

/** Storage for the slots of the stored state. */
export interface StateBackend {
  /** All slots by name; `{}` before the first write. */
  read(): Promise<JsonObject>;
  /** Replaces the stored slots with these: all of them or, when it throws, none. */
  write(slots: JsonObject): Promise<void>;
}
