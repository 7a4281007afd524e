import type { CloudSpec } from "./cloud-spec.ts";
import type { GoalState } from "./goal-state.ts";
import type { JsonObject } from "juju-hook-tools";

/** Time at which `juju-reboot` restarts the machine. */
export type RebootTime = "after-hook" | "now";

/** The tools of the application and its model. */
export interface ModelTools {
  /** `config-get --format=json`: options with a value or a default. */
  configGet(): Promise<JsonObject>;
  /** `is-leader --format=json`: `true` is valid for about 30 seconds, `false` for the rest of the dispatch. */
  isLeader(): Promise<boolean>;
  /** `goal-state --format=json`. */
  goalState(): Promise<GoalState>;
  /** `credential-get --format=json`: only for an application deployed with `--trust`. */
  credentialGet(): Promise<CloudSpec>;
  /**
   * `juju-reboot`: restarts the machine after the hook succeeds, or `now`, which kills the hook and runs it again later.
   * Juju refuses it in actions.
   */
  reboot(time?: RebootTime): Promise<void>;
}
