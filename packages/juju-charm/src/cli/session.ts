/** The charm and the output of a command. */
export interface Session {
  /** Absolute path of the charm directory. */
  readonly charm: string;
  /** Prints unchanged text to standard output. */
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
}
