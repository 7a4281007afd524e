import type { EventRecord } from "../events/notice.ts";

/** Looks on while a dispatch runs, for tests and tools that tell about it. Its members must not throw. */
export interface DispatchWitness {
  /** An event is about to be brought to its observers, for the first time or again. */
  readonly emitting: (event: EventRecord) => void;
  /** The dispatch fails with this. */
  readonly failed: (thrown: unknown) => void;
}
