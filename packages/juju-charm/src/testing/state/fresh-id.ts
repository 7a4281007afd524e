const LENGTH_OF_SECRET_ID = 20;

/** Those that tests give themselves are lower. */
let relations = 1000;
let secrets = 0;
let actions = 0;

/** A relation number that no other relation of the process was given. */
export function freshRelationID(): number {
  relations += 1;
  return relations;
}

/** A secret ID of Juju's form, 20 characters of `[0-9a-z]`, that no other secret of the process was given. */
export function freshSecretID(): string {
  secrets += 1;
  return `secret${String(secrets).padStart(LENGTH_OF_SECRET_ID - "secret".length, "0")}`;
}

/** An action number that no other action of the process was given. */
export function freshActionID(): string {
  actions += 1;
  return String(actions);
}
