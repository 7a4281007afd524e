import type { CharmInstance } from "../charm.ts";
import type { EventRecord } from "../events/notice.ts";

/** Receives notifications about a running dispatch, for tests and tools. Its members must not throw. */
export interface DispatchListener {
  /** Called with the charm after its constructor. Events wait until it resolves. */
  readonly created?: (charm: CharmInstance) => Promise<void>;
  /** Called before an event is delivered to its observers, also before a deferred event is re-emitted. */
  readonly emitting: (event: EventRecord) => void;
  /** Called with the error that fails the dispatch. */
  readonly failed: (thrown: unknown) => void;
}
