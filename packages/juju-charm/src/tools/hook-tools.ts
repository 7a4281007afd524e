import type { ActionTools } from "./action-tools.ts";
import type { LogTools } from "./log-tools.ts";
import type { ModelTools } from "./model-tools.ts";
import type { NetworkTools } from "./network-tools.ts";
import type { RelationTools } from "./relation-tools.ts";
import type { SecretTools } from "./secret-tools.ts";
import type { StateTools } from "./state-tools.ts";
import type { StatusTools } from "./status-tools.ts";
import type { StorageTools } from "./storage-tools.ts";

export type { JsonObject, JsonValue } from "juju-hook-tools";
export type { Status, StatusName } from "./status-tools.ts";

/**
 * Juju's hook tools, one member for each tool, in groups that tests can replace separately.
 *
 * Commands and outputs are those of Juju (`config-get`, `status-set`, ...). Every call may throw {@link HookToolError} or
 * a subclass. An implementation may cache reads within one dispatch, but must reflect the dispatch's writes.
 */
export interface HookTools
  extends
    ActionTools,
    LogTools,
    ModelTools,
    NetworkTools,
    RelationTools,
    SecretTools,
    StateTools,
    StatusTools,
    StorageTools {}
