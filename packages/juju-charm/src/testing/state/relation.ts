import { ADDRESSES, type DataBag } from "./data-bag.ts";
import { freshRelationID } from "./fresh-id.ts";
import { frozen } from "./frozen.ts";

/** What every relation is made of. */
export interface RelationBaseFields {
  readonly endpoint: string;
  /** The number after the colon in `db:7`. @default one that no other relation has */
  readonly id?: number;
  /** What this unit shares. @default the addresses that Juju writes */
  readonly localUnitData?: DataBag;
  /** What the leader of this application shares. @default {} */
  readonly localAppData?: DataBag;
}

/** What a {@link Relation} is made of. */
export interface RelationFields extends RelationBaseFields {
  /** @default "remote" */
  readonly remoteApp?: string;
  /** @default {} */
  readonly remoteAppData?: DataBag;
  /** What the remote units share, by the number of the unit. @default one unit, 0, with the addresses Juju writes */
  readonly remoteUnits?: Readonly<Record<number, DataBag>>;
  /** @default the model of the unit itself */
  readonly remoteModelUUID?: string | undefined;
}

/** A relation with another application, by an endpoint of global scope. */
export class Relation {
  readonly kind = "relation";
  readonly endpoint: string;
  readonly id: number;
  readonly localUnitData: DataBag;
  readonly localAppData: DataBag;
  readonly remoteApp: string;
  readonly remoteAppData: DataBag;
  readonly remoteUnits: Readonly<Record<number, DataBag>>;
  readonly remoteModelUUID: string | undefined;

  constructor(fields: RelationFields) {
    this.endpoint = fields.endpoint;
    this.id = fields.id ?? freshRelationID();
    this.localUnitData = frozen(fields.localUnitData ?? ADDRESSES);
    this.localAppData = frozen(fields.localAppData ?? {});
    this.remoteApp = fields.remoteApp ?? "remote";
    this.remoteAppData = frozen(fields.remoteAppData ?? {});
    this.remoteUnits = frozen(fields.remoteUnits ?? { 0: ADDRESSES });
    this.remoteModelUUID = fields.remoteModelUUID;
    Object.freeze(this);
  }

  /** The same relation, changed. */
  with(changes: Partial<RelationFields>): Relation {
    return new Relation(Object.assign({}, this, changes));
  }
}

/** What a {@link PeerRelation} is made of. */
export interface PeerRelationFields extends RelationBaseFields {
  /** What the other units share, by the number of the unit. @default {} */
  readonly peers?: Readonly<Record<number, DataBag>>;
}

/** The relation among the units of the application. */
export class PeerRelation {
  readonly kind = "peer";
  readonly endpoint: string;
  readonly id: number;
  readonly localUnitData: DataBag;
  readonly localAppData: DataBag;
  readonly peers: Readonly<Record<number, DataBag>>;

  constructor(fields: PeerRelationFields) {
    this.endpoint = fields.endpoint;
    this.id = fields.id ?? freshRelationID();
    this.localUnitData = frozen(fields.localUnitData ?? ADDRESSES);
    this.localAppData = frozen(fields.localAppData ?? {});
    this.peers = frozen(fields.peers ?? {});
    Object.freeze(this);
  }

  /** The same relation, changed. */
  with(changes: Partial<PeerRelationFields>): PeerRelation {
    return new PeerRelation(Object.assign({}, this, changes));
  }
}

/** What a {@link SubordinateRelation} is made of. */
export interface SubordinateRelationFields extends RelationBaseFields {
  /** @default "remote" */
  readonly remoteApp?: string;
  /** @default {} */
  readonly remoteAppData?: DataBag;
  /** Number of the one remote unit that is on the same machine. @default 0 */
  readonly remoteUnit?: number;
  /** @default the addresses that Juju writes */
  readonly remoteUnitData?: DataBag;
}

/** A relation by an endpoint of container scope: of a subordinate with its principal, or the other way round. */
export class SubordinateRelation {
  readonly kind = "subordinate";
  readonly endpoint: string;
  readonly id: number;
  readonly localUnitData: DataBag;
  readonly localAppData: DataBag;
  readonly remoteApp: string;
  readonly remoteAppData: DataBag;
  readonly remoteUnit: number;
  readonly remoteUnitData: DataBag;

  constructor(fields: SubordinateRelationFields) {
    this.endpoint = fields.endpoint;
    this.id = fields.id ?? freshRelationID();
    this.localUnitData = frozen(fields.localUnitData ?? ADDRESSES);
    this.localAppData = frozen(fields.localAppData ?? {});
    this.remoteApp = fields.remoteApp ?? "remote";
    this.remoteAppData = frozen(fields.remoteAppData ?? {});
    this.remoteUnit = fields.remoteUnit ?? 0;
    this.remoteUnitData = frozen(fields.remoteUnitData ?? ADDRESSES);
    Object.freeze(this);
  }

  /** The same relation, changed. */
  with(changes: Partial<SubordinateRelationFields>): SubordinateRelation {
    return new SubordinateRelation(Object.assign({}, this, changes));
  }
}

/** A relation of any of the three kinds. */
export type AnyRelation = Relation | PeerRelation | SubordinateRelation;
