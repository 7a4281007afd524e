const LENGTH_OF_SECRET_ID = 20;

/** Higher than the numbers that tests choose. */
let relations = 1000;
let secrets = 0;
let actions = 0;

/** A relation number that is unique within the process. */
export function freshRelationID(): number {
  relations += 1;
  return relations;
}

/** A secret ID in Juju's format, 20 characters in base 32, that is unique within the process. */
export function freshSecretID(): string {
  secrets += 1;
  // The last character of an xid is 0 or g.
  return `secret${String(secrets).padStart(LENGTH_OF_SECRET_ID - "secret0".length, "0")}0`;
}

/** An action number that is unique within the process. */
export function freshActionID(): string {
  actions += 1;
  return String(actions);
}
