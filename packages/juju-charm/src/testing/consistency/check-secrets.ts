import { isDeepStrictEqual } from "node:util";
import { JujuVersion } from "../../dispatch/juju-version.ts";
import type { Secret } from "../state/secret.ts";
import { repeated, textProblems, type Scenario } from "./scenario.ts";

const ID = /^[0-9a-v]{19}[0g]$/;

/** Secrets exist in this Juju, with valid unique IDs, unique labels and text. Only own secrets have grants, in existing relations. */
export function checkSecrets({ event, state, jujuVersion }: Scenario): readonly string[] {
  const { secrets } = state;
  const isUsed = secrets.length > 0 || event.trigger.family === "secret";
  if (isUsed && !new JujuVersion(jujuVersion).hasSecrets) return [`Juju ${jujuVersion} has no secrets`];
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
    ...Object.entries(revisions).flatMap(([number, content]) =>
      textProblems(`revision ${number} of the secret ${id}`, content),
    ),
    ...unrelated.map(
      ({ relation }) => `the secret ${id} is granted in the relation ${relation}, which is not in the state`,
    ),
  ];
}

/** The event's secret is in the state, and events for owners run on the owner, for an application on the leader. */
export function checkSecretEvent({ event, state, jujuVersion }: Scenario): readonly string[] {
  const { trigger } = event;
  if (trigger.family !== "secret") return [];
  if (!new JujuVersion(jujuVersion).hasSecrets) return [];
  const secret = state.secrets.find(({ id }) => id === trigger.secret.id);
  if (!secret) return [`the secret ${trigger.secret.id} of the event is not in the state`];
  if (!isDeepStrictEqual(secret, trigger.secret))
    return [`the secret ${secret.id} of the event differs from the one in the state`];
  if (trigger.name === "secret-changed") return changedProblems(secret, state.leader);
  return [
    ...ownerProblems(trigger.name, secret, state.leader),
    ...revisionProblems(secret, trigger.facts.revision),
  ];
}

/** Other units of the owning application read its secret like anybody else. */
function changedProblems({ id, owner }: Secret, leader: boolean): readonly string[] {
  return owner === "unit" || (owner === "application" && leader)
    ? [`secret-changed runs only on readers, and this unit owns the secret ${id}`]
    : [];
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
