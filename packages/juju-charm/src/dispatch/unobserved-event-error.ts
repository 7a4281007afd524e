import { CodedError } from "charm-kit";

/** A person has dispatched an event that no handler of the charm observes. Nothing was done. */
export class UnobservedEventError extends CodedError {
  readonly code = "unobserved-event";
  readonly event: string;

  /** @param known names of the custom events that handlers observe. */
  constructor(event: string, known: readonly string[]) {
    const events = known.length === 0 ? "it has none" : `its events are ${known.join(", ")}`;
    super(`Cannot dispatch ${event}: no handler of this charm observes it; ${events}`);
    this.event = event;
  }
}
