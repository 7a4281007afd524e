import { CodedError } from "charm-kit";

/** A state was asked for something that it does not have. */
export class StateError extends CodedError {
  readonly code = "testing-state";

  constructor(what: string) {
    super(
      `Cannot look at ${what}: the state has none such; put it there, or look what the dispatch has made of it`,
    );
  }
}
