import type { Texts } from "juju-hook-tools";
import type { SecretRevision } from "../hooks/hook-names.ts";
import { AgentRequestError } from "../agent-errors.ts";
import type { AgentState, ConsumedSecret, ModelSecret, UnitState } from "./agent-state.ts";

/** A secret in `secrets`: never with its content. */
export interface SecretDescription {
  readonly id: string;
  readonly name: string;
  readonly revision: number;
  readonly grants: readonly string[];
}

type Secrets = AgentState["secrets"];

/** Adds a secret without grants. @throws AgentRequestError when the name is in use */
export function withSecret(
  state: AgentState,
  { id, name, content }: { readonly id: string; readonly name: string; readonly content: Texts },
): AgentState {
  const taken = Object.values(state.secrets ?? {}).some((secret) => secret.name === name);
  if (taken) throw new AgentRequestError(`Cannot add the secret: "${name}" already exists, update it`);
  return put(state, { id, name, latestRevision: 1, revisions: { 1: content }, grants: [] });
}

/**
 * Adds a revision to a secret; content equal to the latest adds none, as in Juju.
 *
 * @param named its name or its URI.
 * @throws AgentRequestError
 */
export function withRevision(state: AgentState, named: string, content: Texts): AgentState {
  const secret = findSecret(state, named);
  if (isSame(secret.revisions[secret.latestRevision] ?? {}, content)) return state;
  const latestRevision = secret.latestRevision + 1;
  const tracked = new Set(Object.values(state.units).map((unit) => unit.consumed?.[secret.id]?.tracked));
  const kept = Object.entries(secret.revisions).filter(([revision]) => tracked.has(Number(revision)));
  const revisions = { ...Object.fromEntries(kept), [latestRevision]: content };
  return put(state, { ...secret, latestRevision, revisions });
}

/** Grants applications access to a secret, or withdraws it. @throws AgentRequestError */
export function withGrants(
  state: AgentState,
  named: string,
  applications: readonly string[],
  granted: boolean,
): AgentState {
  const secret = findSecret(state, named);
  const unknown = applications.find((name) => !Object.hasOwn(state.applications, name));
  if (granted && unknown !== undefined) {
    throw new AgentRequestError(`Cannot grant the secret: application "${unknown}" not found`);
  }
  const others = secret.grants.filter((name) => !applications.includes(name));
  return put(state, { ...secret, grants: granted ? [...others, ...applications] : others });
}

/** Removes a secret. @throws AgentRequestError */
export function withoutSecret(state: AgentState, named: string): AgentState {
  const { id } = findSecret(state, named);
  const rest = Object.entries(state.secrets ?? {}).filter(([key]) => key !== id);
  return { ...state, secrets: Object.fromEntries(rest) };
}

/** Names of the applications that may read a secret. @throws AgentRequestError */
export function grantsOf(state: AgentState, named: string): readonly string[] {
  return findSecret(state, named).grants;
}

/** Withdraws all grants of a removed application. */
export function withoutGrants(state: AgentState, application: string): AgentState {
  if (state.secrets === undefined) return state;
  const secrets = Object.entries(state.secrets).map(([id, secret]) => {
    return [id, { ...secret, grants: secret.grants.filter((name) => name !== application) }] as const;
  });
  return { ...state, secrets: Object.fromEntries(secrets) };
}

/** A newer revision, without a secret-changed yet, of a secret that the unit has read and may still read. */
export function newRevisionFor(unit: UnitState, secrets: Secrets): SecretRevision | undefined {
  for (const [id, { tracked, told }] of Object.entries(unit.consumed ?? {})) {
    const secret = secrets?.[id];
    if (!secret?.grants.includes(unit.application)) continue;
    if (secret.latestRevision > Math.max(tracked, told)) return { id, revision: secret.latestRevision };
  }
  return undefined;
}

/** Records that a unit has got secret-changed for a revision. */
export function withDelivered(
  consumed: Readonly<Record<string, ConsumedSecret>> = {},
  { id, revision }: SecretRevision,
): Readonly<Record<string, ConsumedSecret>> {
  const known = consumed[id];
  return known ? { ...consumed, [id]: { ...known, told: Math.max(known.told, revision) } } : consumed;
}

/** Describes secrets as `juju secrets` does. */
export function describeSecrets(secrets: Secrets): readonly SecretDescription[] {
  return Object.values(secrets ?? {}).map(({ id, name, latestRevision: revision, grants }) => {
    return { id, name, revision, grants };
  });
}

function findSecret(state: AgentState, named: string): ModelSecret {
  const all = Object.values(state.secrets ?? {});
  const secret = all.find(({ id, name }) => name === named || id === named.replace(/^secret:/, ""));
  if (secret) return secret;
  const known = all.length === 0 ? "there are none" : `they are ${all.map(({ name }) => name).join(", ")}`;
  throw new AgentRequestError(`Cannot find the secret "${named}": ${known}`);
}

function put(state: AgentState, secret: ModelSecret): AgentState {
  return { ...state, secrets: { ...state.secrets, [secret.id]: secret } };
}

function isSame(left: Texts, right: Texts): boolean {
  const sorted = (content: Texts) =>
    JSON.stringify(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)));
  return sorted(left) === sorted(right);
}
