import { CodedError } from "charm-kit";

/** Where relation data is. */
export interface DataBagPlace {
  readonly endpoint: string;
  readonly relation: number;
  /** Whose data it is: name of a unit or an application. */
  readonly member: string;
}

function named({ endpoint, relation, member }: DataBagPlace): string {
  return `the data of ${member} in relation ${endpoint}:${relation}`;
}

/** This unit may not read or write the bag; no tool was called. */
export class RelationDataAccessError extends CodedError {
  readonly code = "relation-data-access";
  readonly place: DataBagPlace;

  constructor(action: "read" | "write", place: DataBagPlace, rule: string, options?: ErrorOptions) {
    super(`Cannot ${action} ${named(place)}: ${rule}`, options);
    this.place = place;
  }
}

/** A key is empty, or a value is no text; nothing was written. */
export class RelationDataTypeError extends CodedError {
  readonly code = "relation-data-type";
  readonly place: DataBagPlace;

  constructor(place: DataBagPlace, fault: string, options?: ErrorOptions) {
    super(`Cannot write ${named(place)}: ${fault}`, options);
    this.place = place;
  }
}

/** What the other side shares is not what was agreed on. The value is in no member: it may be a secret. */
export class RelationDataFormatError extends CodedError {
  readonly code = "relation-data-format";
  readonly place: DataBagPlace;
  readonly key: string;

  constructor(place: DataBagPlace, key: string, fault: string, options?: ErrorOptions) {
    super(`Cannot read "${key}" in ${named(place)}: ${fault}`, options);
    this.place = place;
    this.key = key;
  }
}
