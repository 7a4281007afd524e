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
 * What a charm asks of Juju, one member for each hook tool, in families that can be faked one by one.
 *
 * The commands and their answers are those of the Juju hook tools (`config-get`, `status-set`, ...). Every call may
 * throw {@link HookToolError} or one of its kin. An implementation may answer a repeated read from memory within one
 * dispatch, as long as it tells what the dispatch itself has written.
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
