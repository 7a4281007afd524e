import type { CloudSpec } from "./cloud-spec.ts";
import type { GoalState } from "./goal-state.ts";
import type { JsonObject } from "juju-hook-tools";

/** When `juju-reboot` restarts the machine. */
export type RebootTime = "after-hook" | "now";

/** The tools that tell about the application and its model. */
export interface ModelTools {
  /** `config-get --format=json`: options that are set or have a default. */
  configGet(): Promise<JsonObject>;
  /** `is-leader --format=json`: yes is good for about 30 seconds, no for the rest of the dispatch. */
  isLeader(): Promise<boolean>;
  /** `goal-state --format=json`. */
  goalState(): Promise<GoalState>;
  /** `credential-get --format=json`: only of an application deployed with `--trust`. */
  credentialGet(): Promise<CloudSpec>;
  /**
   * `juju-reboot`: restarts the machine once the hook succeeds, or `now`, which kills the hook and has it run again.
   * Refused in actions.
   */
  reboot(time?: RebootTime): Promise<void>;
}
