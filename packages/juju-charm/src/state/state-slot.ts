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
  /** In kebab-case. Names that begin with `#` belong to the framework. */
  readonly name: string;
  /**
   * Version of the value's format. Increase it with every change of the format.
   *
   * @default 1
   */
  readonly version?: number;
  /**
   * Converts a value of an older version to this version. Called once, with the version of the stored value. Its result
   * is parsed; it is stored only when the value is written.
   */
  readonly migrate?: (from: number, value: JsonValue) => JsonValue;
  /**
   * Validates and converts the stored value.
   *
   * @param stored undefined when no value is stored.
   */
  readonly parse: (stored: JsonValue | undefined) => T;
}
