/** Names of statuses that a charm can set. */
export type StatusName = "active" | "waiting" | "maintenance" | "blocked";

/** A status of a unit or an application with its message. */
export interface Status {
  readonly name: StatusName;
  readonly message: string;
}

/** A current status. Only Juju sets some names, such as `error` or `unknown`. */
export interface ShownStatus {
  readonly name: string;
  readonly message: string;
}

/** Status of an application, for its leader. */
export interface ShownApplicationStatus extends ShownStatus {
  /** Statuses of the units, by unit name. */
  readonly units: Readonly<Record<string, ShownStatus>>;
}

/** The status tools. Writes are immediate and stay when the hook fails. */
export interface StatusTools {
  /** `status-set`. */
  statusSet(status: Status): Promise<void>;
  /** `status-set --application`: only on the leader. */
  applicationStatusSet(status: Status): Promise<void>;
  /** `status-get --include-data --format=json`. */
  statusGet(): Promise<ShownStatus>;
  /** `status-get --include-data --application --format=json`: only on the leader. */
  applicationStatusGet(): Promise<ShownApplicationStatus>;
  /** `application-version-set`: on any unit. An empty string removes the version. */
  applicationVersionSet(version: string): Promise<void>;
}
