/** The goal of a unit or a relation. */
export interface Goal {
  /** Such as `active`, `waiting`, `dying`, `joined`. */
  readonly status: string;
  /** Time in Juju's format: `2026-01-02 15:04:05Z`. */
  readonly since: string;
}

/** The planned units and relations. */
export interface GoalState {
  /** All units of this application, by name, including this one. */
  readonly units: Readonly<Record<string, Goal>>;
  /** Goals of remote applications and units by endpoint and name. Without peer relations. */
  readonly relations: Readonly<Record<string, Readonly<Record<string, Goal>>>>;
}
