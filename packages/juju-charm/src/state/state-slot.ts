import type { JsonValue } from "../tools/hook-tools.ts";

/**
 * A named value in the stored state.
 *
 * ```ts
 * const peers: StateSlot<readonly Peer[]> = {
 *   name: "peers",
 *   version: 2,
 *   migrate: (from, value) => (from === 1 ? [{ host: value }] : value),
 *   parse: parsePeers,
 * };
 * ```
 */
export interface StateSlot<T extends JsonValue> {
  /** Kebab-case; names that begin with `#` are the framework's. */
  readonly name: string;
  /**
   * Raised with every change of the value's form.
   *
   * @default 1
   */
  readonly version?: number;
  /**
   * Turns a value of an older version into one of this version. Called once, with the version that wrote it; what it
   * gives is parsed, and kept from the next commit on if the value is written.
   */
  readonly migrate?: (from: number, value: JsonValue) => JsonValue;
  /**
   * Turns what was stored into a valid value.
   *
   * @param stored undefined when nothing was stored.
   */
  readonly parse: (stored: JsonValue | undefined) => T;
}
