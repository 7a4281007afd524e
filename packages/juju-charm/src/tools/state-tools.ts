/** The tools of what the controller remembers for a unit. Writes take effect once the hook succeeds. */
export interface StateTools {
  /** `state-get --format=json -`: everything that is kept, with what this hook wrote. */
  stateGet(): Promise<Readonly<Record<string, string>>>;
  /** `state-set --file -`: keys of up to 256 bytes, values of up to 64 KiB. */
  stateSet(data: Readonly<Record<string, string>>): Promise<void>;
  /** `state-delete`; of an absent key nothing. */
  stateDelete(key: string): Promise<void>;
}
