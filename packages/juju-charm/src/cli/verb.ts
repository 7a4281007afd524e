/** What a verb of the command line works with. */
export interface Session {
  /** Directory of the charm, absolute. */
  readonly charm: string;
  /** Prints to the standard output, as it is. */
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
}
