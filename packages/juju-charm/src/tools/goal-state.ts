/** What is to become of a unit or of a relation. */
export interface Goal {
  /** As in `active`, `waiting`, `dying`, `joined`. */
  readonly status: string;
  /** As Juju prints it: `2026-01-02 15:04:05Z`. */
  readonly since: string;
}

/** What the model is on its way to. */
export interface GoalState {
  /** Units of the own application by name, this one among them. */
  readonly units: Readonly<Record<string, Goal>>;
  /** By endpoint: goals of the remote applications and their units, by name. Peer relations are not there. */
  readonly relations: Readonly<Record<string, Readonly<Record<string, Goal>>>>;
}
