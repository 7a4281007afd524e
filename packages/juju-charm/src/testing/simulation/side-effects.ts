import type { ActionResults } from "juju-hook-tools";
import type { LogLevel } from "charm-kit";
import type { RebootTime } from "../../tools/model-tools.ts";
import type { Status } from "../../tools/status-tools.ts";

/** A line of the model's log. */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
}

/** A request for more storage. */
export interface StorageRequest {
  readonly name: string;
  readonly count: number;
}

/** Effects of a dispatch that are not part of the state. */
export interface SideEffects {
  /** Statuses that the unit set, in order. */
  readonly unitStatuses: Status[];
  readonly appStatuses: Status[];
  readonly workloadVersions: string[];
  readonly log: LogLine[];
  readonly actionLog: string[];
  readonly storageRequests: StorageRequest[];
  actionResults: ActionResults;
  actionFailure: string | undefined;
  reboot: RebootTime | undefined;
}

/** The initial side effects of a dispatch. */
export function noSideEffects(): SideEffects {
  return {
    unitStatuses: [],
    appStatuses: [],
    workloadVersions: [],
    log: [],
    actionLog: [],
    storageRequests: [],
    actionResults: {},
    actionFailure: undefined,
    reboot: undefined,
  };
}
