import type { CharmMetadata } from "../../metadata/metadata.ts";
import type { TestEvent } from "../events/test-event.ts";

/** What a dispatch is about, which nothing in it changes. */
export interface Setting {
  readonly appName: string;
  /** `app/n`. */
  readonly unitName: string;
  readonly metadata: CharmMetadata;
  readonly event: TestEvent;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The charm restarts the machine at once, which kills the dispatch. */
  readonly onRebootNow: () => void;
}
