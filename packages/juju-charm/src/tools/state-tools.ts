/** The tools for a unit's state in the controller. Writes take effect when the hook succeeds. */
export interface StateTools {
  /** `state-get --format=json -`: all stored values, including writes of this hook. */
  stateGet(): Promise<Readonly<Record<string, string>>>;
  /** `state-set --file -`: keys of up to 256 bytes, values of up to 64 KiB. */
  stateSet(data: Readonly<Record<string, string>>): Promise<void>;
  /** `state-delete`. Ignores an absent key. */
  stateDelete(key: string): Promise<void>;
}
