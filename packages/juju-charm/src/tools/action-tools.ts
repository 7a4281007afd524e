import type { JsonObject } from "juju-hook-tools";

/** The tools of a running action; outside of one they fail. What is set is delivered however the process ends. */
export interface ActionTools {
  /** `action-get --format=json`: all parameters of the running action. */
  actionGet(): Promise<JsonObject>;
  /** `action-set`: dotted keys nest. */
  actionSet(results: Readonly<Record<string, string>>): Promise<void>;
  /** `action-fail`. */
  actionFail(message: string): Promise<void>;
  /** `action-log`: progress that the person sees at once. */
  actionLog(message: string): Promise<void>;
}
