import { optionalVariable, requiredVariable, type Environment } from "./environment.ts";
import {
  parseHookName,
  type LifecycleHook,
  type RelationPhase,
  type SecretHook,
  type StoragePhase,
} from "./hook-name.ts";
import { JujuContextError } from "./juju-context-error.ts";

/** Facts of a relation hook. */
export interface RelationFacts {
  readonly endpoint: string;
  readonly phase: RelationPhase;
  /** The number after the colon of `JUJU_RELATION_ID`. */
  readonly id: number;
  /** Absent when Juju no longer knows it. */
  readonly remoteApp: string | undefined;
  /** Absent in `created`, in `broken`, and in `changed` when application data changed. */
  readonly remoteUnit: string | undefined;
  /** The unit that leaves: a remote unit, or this unit. Only in `departed`. */
  readonly departingUnit: string | undefined;
}

/** Facts of a secret hook. */
export interface SecretFacts {
  /** A secret URI, in any of Juju's forms. */
  readonly id: string;
  readonly label: string | undefined;
  /** Only in `secret-remove` and `secret-expired`. */
  readonly revision: number | undefined;
}

/** Facts of a storage hook. */
export interface StorageFacts {
  /** Name in the charm's metadata. */
  readonly name: string;
  readonly phase: StoragePhase;
  /** `name/n`. Absent, like the location, when the storage no longer exists. */
  readonly id: string | undefined;
  /** Mount point, or path of the block device. */
  readonly location: string | undefined;
}

/** One of Juju's hooks with the facts from its environment. */
export type Hook =
  | { readonly family: "lifecycle"; readonly name: LifecycleHook }
  | { readonly family: "secret"; readonly name: SecretHook; readonly secret: SecretFacts }
  | { readonly family: "relation"; readonly relation: RelationFacts }
  | { readonly family: "storage"; readonly storage: StorageFacts };

/**
 * Reads the facts of a hook from its environment.
 *
 * @returns undefined for a custom event: a name that is not one of Juju's hooks.
 * @throws {@link JujuContextError} when a variable that such a hook needs is missing or malformed.
 */
export function readHook(name: string, env: Environment): Hook | undefined {
  const parsed = parseHookName(name);
  switch (parsed.family) {
    case "lifecycle":
      return Object.freeze(parsed);
    case "secret":
      return Object.freeze({ ...parsed, secret: readSecret(env) });
    case "relation":
      return Object.freeze({ family: "relation", relation: readRelation(parsed, env) });
    case "storage":
      return Object.freeze({ family: "storage", storage: readStorage(parsed, env) });
    case "custom":
      return undefined;
  }
}

function readRelation(
  { endpoint, phase }: { readonly endpoint: string; readonly phase: RelationPhase },
  env: Environment,
): RelationFacts {
  return Object.freeze({
    endpoint,
    phase,
    id: readRelationID(env),
    remoteApp: optionalVariable(env, "JUJU_REMOTE_APP"),
    remoteUnit: optionalVariable(env, "JUJU_REMOTE_UNIT"),
    departingUnit: optionalVariable(env, "JUJU_DEPARTING_UNIT"),
  });
}

function readRelationID(env: Environment): number {
  const text = requiredVariable(env, "JUJU_RELATION_ID");
  const number = /^(?:[^:]*:)?(\d+)$/.exec(text)?.[1];
  if (number === undefined)
    throw new JujuContextError("JUJU_RELATION_ID", `is "${text}", not endpoint:number`);
  return Number(number);
}

function readSecret(env: Environment): SecretFacts {
  const revision = optionalVariable(env, "JUJU_SECRET_REVISION");
  if (revision !== undefined && !/^\d+$/.test(revision)) {
    throw new JujuContextError("JUJU_SECRET_REVISION", `is "${revision}", not a number`);
  }
  return Object.freeze({
    id: requiredVariable(env, "JUJU_SECRET_ID"),
    label: optionalVariable(env, "JUJU_SECRET_LABEL"),
    revision: revision === undefined ? undefined : Number(revision),
  });
}

function readStorage(
  { storage, phase }: { readonly storage: string; readonly phase: StoragePhase },
  env: Environment,
): StorageFacts {
  return Object.freeze({
    name: storage,
    phase,
    id: optionalVariable(env, "JUJU_STORAGE_ID"),
    location: optionalVariable(env, "JUJU_STORAGE_LOCATION"),
  });
}
