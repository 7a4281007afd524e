import { CodedError } from "charm-kit";

/** Identifies a data bag: one member's data in a relation. */
export interface DataBagIdentity {
  readonly endpoint: string;
  readonly relation: number;
  /** Name of the unit or application that owns the data. */
  readonly member: string;
}

/** Such as `the data of pg/0 in relation db:7`. */
export function describeBag({ endpoint, relation, member }: DataBagIdentity): string {
  return `the data of ${member} in relation ${endpoint}:${relation}`;
}

/** This unit may not read or write the bag. No tool was called. */
export class RelationDataAccessError extends CodedError {
  readonly code = "relation-data-access";
  readonly bag: DataBagIdentity;

  constructor(action: "read" | "write", bag: DataBagIdentity, rule: string, options?: ErrorOptions) {
    super(`Cannot ${action} ${describeBag(bag)}: ${rule}`, options);
    this.bag = bag;
  }
}

/** A key is empty, or a value is not a string. Nothing was written. */
export class RelationDataTypeError extends CodedError {
  readonly code = "relation-data-type";
  readonly bag: DataBagIdentity;

  constructor(bag: DataBagIdentity, problem: string, options?: ErrorOptions) {
    super(`Cannot write ${describeBag(bag)}: ${problem}`, options);
    this.bag = bag;
  }
}

/** A field of the other side is invalid. No member holds the value, which may be secret. */
export class RelationDataFormatError extends CodedError {
  readonly code = "relation-data-format";
  readonly bag: DataBagIdentity;
  readonly key: string;

  constructor(bag: DataBagIdentity, key: string, problem: string, options?: ErrorOptions) {
    super(`Cannot read "${key}" in ${describeBag(bag)}: ${problem}`, options);
    this.bag = bag;
    this.key = key;
  }
}
