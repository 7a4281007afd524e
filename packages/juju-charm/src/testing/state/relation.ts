import { ADDRESSES, type DataBag } from "./data-bag.ts";
import { freshRelationID } from "./fresh-id.ts";
import { frozen } from "./frozen.ts";

/** Fields of every relation. */
export interface RelationBaseFields {
  readonly endpoint: string;
  /** The number after the colon in `db:7`. @default a unique number */
  readonly id?: number;
  /** Data of this unit. @default the addresses that Juju writes */
  readonly localUnitData?: DataBag;
  /** Data of this application. @default {} */
  readonly localAppData?: DataBag;
}

/** Fields of a {@link Relation}. */
export interface RelationFields extends RelationBaseFields {
  /** @default "remote" */
  readonly remoteApp?: string;
  /** @default {} */
  readonly remoteAppData?: DataBag;
  /** Data of the remote units, by unit number. @default unit 0 with the addresses that Juju writes */
  readonly remoteUnits?: Readonly<Record<number, DataBag>>;
  /** @default this unit's model */
  readonly remoteModelUUID?: string | undefined;
}

/** A relation with another application, on an endpoint with global scope. */
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

  /** A changed copy of the relation. */
  with(changes: Partial<RelationFields>): Relation {
    return new Relation(Object.assign({}, this, changes));
  }
}

/** Fields of a {@link PeerRelation}. */
export interface PeerRelationFields extends RelationBaseFields {
  /** Data of the other units, by unit number. @default {} */
  readonly peers?: Readonly<Record<number, DataBag>>;
}

/** A peer relation between the units of the application. */
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

  /** A changed copy of the relation. */
  with(changes: Partial<PeerRelationFields>): PeerRelation {
    return new PeerRelation(Object.assign({}, this, changes));
  }
}

/** Fields of a {@link SubordinateRelation}. */
export interface SubordinateRelationFields extends RelationBaseFields {
  /** @default "remote" */
  readonly remoteApp?: string;
  /** @default {} */
  readonly remoteAppData?: DataBag;
  /** Number of the remote unit on the same machine. @default 0 */
  readonly remoteUnit?: number;
  /** @default the addresses that Juju writes */
  readonly remoteUnitData?: DataBag;
}

/** A relation on an endpoint with container scope, between a subordinate and its principal, from either side. */
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

  /** A changed copy of the relation. */
  with(changes: Partial<SubordinateRelationFields>): SubordinateRelation {
    return new SubordinateRelation(Object.assign({}, this, changes));
  }
}

/** A relation of any kind. */
export type AnyRelation = Relation | PeerRelation | SubordinateRelation;
