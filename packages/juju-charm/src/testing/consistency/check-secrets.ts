import type { Secret } from "../state/secret.ts";
import { repeated, type Scene } from "./scene.ts";

const ID = /^[0-9a-z]{20}$/;

/** Secrets have IDs of Juju's form, apart from each other as their labels are; grants are of own secrets, in relations. */
export function checkSecrets({ state }: Scene): readonly string[] {
  const { secrets } = state;
  const labels = secrets.flatMap(({ label }) => (label === undefined ? [] : [label]));
  return [
    ...repeated(secrets.map(({ id }) => id)).map((id) => `several secrets have the ID ${id}`),
    ...repeated(labels).map((label) => `several secrets have the label ${label}`),
    ...secrets.flatMap((secret) => secretFaults(secret, new Set(state.relations.map(({ id }) => id)))),
  ];
}

function secretFaults(secret: Secret, relations: ReadonlySet<number>): readonly string[] {
  const { id, owner, grants, revisions, tracked, latestRevision } = secret;
  const strangers = grants.filter(({ relation }) => !relations.has(relation));
  return [
    ...(ID.test(id) ? [] : [`the secret ID ${id} is not 20 characters of 0-9 and a-z`]),
    ...(latestRevision > 0 ? [] : [`the secret ${id} has no revision`]),
    ...(tracked === undefined || tracked in revisions
      ? []
      : [`the secret ${id} has no revision ${tracked} to track`]),
    ...(owner === undefined && grants.length > 0
      ? [`the secret ${id} is another's, who alone can grant it`]
      : []),
    ...strangers.map(
      ({ relation }) => `the secret ${id} is granted in the relation ${relation}, which is not there`,
    ),
  ];
}

/** The secret of the event is in the state, and those that only owners get, its owner gets: the leader, of the application's. */
export function checkSecretEvent({ event, state, jujuVersion }: Scene): readonly string[] {
  const { trigger } = event;
  if (trigger.family !== "secret") return [];
  if (Number.parseInt(jujuVersion, 10) < 3) return [`Juju ${jujuVersion} has no secrets`];
  const secret = state.secrets.find(({ id }) => id === trigger.secret.id);
  if (!secret) return [`the secret ${trigger.secret.id} of the event is not in the state`];
  if (trigger.name === "secret-changed") return [];
  return [
    ...ownerFaults(trigger.name, secret, state.leader),
    ...revisionFaults(secret, trigger.facts.revision),
  ];
}

function ownerFaults(name: string, { id, owner }: Secret, leader: boolean): readonly string[] {
  if (owner === undefined) return [`${name} is for the owner, and the secret ${id} is another's`];
  if (owner === "unit" || leader) return [];
  return [`${name} of a secret of the application is for the leader, which this unit is not`];
}

function revisionFaults({ id, revisions }: Secret, revision: number | undefined): readonly string[] {
  return revision === undefined || revision in revisions
    ? []
    : [`the secret ${id} has no revision ${revision}`];
}
