import { CodedError } from "charm-kit";

/** A test reads something that the state does not contain. */
export class StateError extends CodedError {
  readonly code = "testing-state";

  constructor(what: string) {
    super(
      `Cannot read the ${what}: the state does not contain it; add it to the input state, or check what the dispatch did`,
    );
  }
}
