import type { JsonObject } from "juju-hook-tools";

/** The action tools, which fail outside of an action. Juju delivers results and messages even when the process fails. */
export interface ActionTools {
  /** `action-get --format=json`: all parameters of the running action. */
  actionGet(): Promise<JsonObject>;
  /** `action-set`: dotted keys become nested results. */
  actionSet(results: Readonly<Record<string, string>>): Promise<void>;
  /** `action-fail`. */
  actionFail(message: string): Promise<void>;
  /** `action-log`: shows progress to the caller immediately. */
  actionLog(message: string): Promise<void>;
}
