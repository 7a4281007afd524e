import { CharmEvent } from "./charm-event.ts";

/**
 * The dispatch went well and is about to be made permanent. `pre-commit` is for the charm's parts to write what they
 * remember, `commit` for those that keep things elsewhere; after both, the stored state is written.
 */
export class CommitEvent extends CharmEvent {}
