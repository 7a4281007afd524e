import type { CharmMetadata } from "../../metadata/metadata.ts";
import type { TestEvent } from "../events/test-event.ts";

/** Constant facts of a simulated dispatch. */
export interface SimulationOptions {
  readonly appName: string;
  /** `app/n`. */
  readonly unitName: string;
  readonly metadata: CharmMetadata;
  readonly event: TestEvent;
  /** @default the version of a {@link TestBackend} */
  readonly jujuVersion?: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called when the charm restarts the machine with `--now`, which kills the dispatch. */
  readonly onRebootNow: () => void;
}
