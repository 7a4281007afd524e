/** Whose relation data is written: the unit's own, or, by the leader, the application's. */
export type RelationScope = "unit" | "app";

/** The tools of relations. A relation is named by its number, the part after the colon in `db:7`. */
export interface RelationTools {
  /** `relation-ids --format=json`: the numbers of an endpoint's relations; one that is being broken is not among them. */
  relationIDs(endpoint: string): Promise<readonly number[]>;
  /** `relation-list --format=json`: the remote units of a relation; in `departed` the leaving one is gone already. */
  relationUnits(id: number): Promise<readonly string[]>;
  /** `relation-list --app --format=json`: the remote application, of a peer relation the own one. */
  relationApp(id: number): Promise<string | undefined>;
  /**
   * `relation-get --format=json`: what a member shares.
   *
   * @param member name of a unit, or of an application for what its leader shares.
   */
  relationGet(id: number, member: string): Promise<Readonly<Record<string, string>>>;
  /**
   * `relation-set --file -`: shares data once the hook succeeds. An empty value takes a key away.
   *
   * @param scope whose data it is; `app` is for leaders only.
   */
  relationSet(id: number, scope: RelationScope, data: Readonly<Record<string, string>>): Promise<void>;
  /** `relation-model-get --format=json` (Juju 3.6.2 and later): UUID of the model of the other side. */
  relationModel(id: number): Promise<string>;
}
