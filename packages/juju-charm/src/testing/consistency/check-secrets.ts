import type { Secret } from "../state/secret.ts";
import { repeated, type Scenario } from "./scenario.ts";

const ID = /^[0-9a-v]{19}[0g]$/;

/** Secrets have valid unique IDs and unique labels. Only own secrets have grants, in existing relations. */
export function checkSecrets({ state }: Scenario): readonly string[] {
  const { secrets } = state;
  const labels = secrets.flatMap(({ label }) => (label === undefined ? [] : [label]));
  return [
    ...repeated(secrets.map(({ id }) => id)).map((id) => `several secrets have the ID ${id}`),
    ...repeated(labels).map((label) => `several secrets have the label ${label}`),
    ...secrets.flatMap((secret) => secretProblems(secret, new Set(state.relations.map(({ id }) => id)))),
  ];
}

function secretProblems(secret: Secret, relations: ReadonlySet<number>): readonly string[] {
  const { id, owner, grants, revisions, tracked, latestRevision } = secret;
  const unrelated = grants.filter(({ relation }) => !relations.has(relation));
  return [
    ...(ID.test(id) ? [] : [`the secret ID ${id} is not 20 characters of 0-9 and a-z`]),
    ...(latestRevision > 0 ? [] : [`the secret ${id} has no revision`]),
    ...(tracked === undefined || tracked in revisions
      ? []
      : [`the secret ${id} has no revision ${tracked} to track`]),
    ...(owner === undefined && grants.length > 0
      ? [`the secret ${id} has another owner, and only its owner can grant it`]
      : []),
    ...unrelated.map(
      ({ relation }) => `the secret ${id} is granted in the relation ${relation}, which is not in the state`,
    ),
  ];
}

/** The event's secret is in the state, and events for owners run on the owner, for an application on the leader. */
export function checkSecretEvent({ event, state, jujuVersion }: Scenario): readonly string[] {
  const { trigger } = event;
  if (trigger.family !== "secret") return [];
  if (Number.parseInt(jujuVersion, 10) < 3) return [`Juju ${jujuVersion} has no secrets`];
  const secret = state.secrets.find(({ id }) => id === trigger.secret.id);
  if (!secret) return [`the secret ${trigger.secret.id} of the event is not in the state`];
  if (trigger.name === "secret-changed") return [];
  return [
    ...ownerProblems(trigger.name, secret, state.leader),
    ...revisionProblems(secret, trigger.facts.revision),
  ];
}

function ownerProblems(name: string, { id, owner }: Secret, leader: boolean): readonly string[] {
  if (owner === undefined) return [`${name} runs only on the owner, and the secret ${id} has another owner`];
  if (owner === "unit" || leader) return [];
  return [`${name} for a secret of the application runs only on the leader, and this unit is not the leader`];
}

function revisionProblems({ id, revisions }: Secret, revision: number | undefined): readonly string[] {
  return revision === undefined || revision in revisions
    ? []
    : [`the secret ${id} has no revision ${revision}`];
}
