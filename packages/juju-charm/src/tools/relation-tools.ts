/** Owner of written relation data: this unit or, on the leader, its application. */
export type RelationScope = "unit" | "app";

/** The relation tools. A relation is identified by its number, the part after the colon in `db:7`. */
export interface RelationTools {
  /** `relation-ids --format=json`: the numbers of an endpoint's relations, without one that is being broken. */
  relationIDs(endpoint: string): Promise<readonly number[]>;
  /** `relation-list --format=json`: the remote units of a relation, in `departed` without the departing one. */
  relationUnits(id: number): Promise<readonly string[]>;
  /** `relation-list --app --format=json`: the remote application, in a peer relation the unit's own. */
  relationApp(id: number): Promise<string | undefined>;
  /**
   * `relation-get --format=json`: the data of a member.
   *
   * @param member name of a unit or an application.
   */
  relationGet(id: number, member: string): Promise<Readonly<Record<string, string>>>;
  /**
   * `relation-set --file -`: shares data when the hook succeeds. An empty value removes a key.
   *
   * @param scope owner of the data; only the leader may use `app`.
   */
  relationSet(id: number, scope: RelationScope, data: Readonly<Record<string, string>>): Promise<void>;
  /** `relation-model-get --format=json` (Juju 3.6.2 and later): UUID of the remote application's model. */
  relationModel(id: number): Promise<string>;
}
