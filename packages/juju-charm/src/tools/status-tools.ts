/** Statuses that a charm may set. */
export type StatusName = "active" | "waiting" | "maintenance" | "blocked";

/** A status of a unit or an application, and what to tell about it. */
export interface Status {
  readonly name: StatusName;
  readonly message: string;
}

/** A status that Juju shows. Its name may also be one that only Juju sets, such as `error` or `unknown`. */
export interface ShownStatus {
  readonly name: string;
  readonly message: string;
}

/** Status of an application, as its leader sees it. */
export interface ShownApplicationStatus extends ShownStatus {
  /** Statuses of the units, by unit name. */
  readonly units: Readonly<Record<string, ShownStatus>>;
}

/** The tools that show how a unit and its application are. All writes are immediate and stay when the hook fails. */
export interface StatusTools {
  /** `status-set`. */
  statusSet(status: Status): Promise<void>;
  /** `status-set --application`: leaders only. */
  applicationStatusSet(status: Status): Promise<void>;
  /** `status-get --include-data --format=json`. */
  statusGet(): Promise<ShownStatus>;
  /** `status-get --include-data --application --format=json`: leaders only. */
  applicationStatusGet(): Promise<ShownApplicationStatus>;
  /** `application-version-set`: any unit; empty takes the version away. */
  applicationVersionSet(version: string): Promise<void>;
}
