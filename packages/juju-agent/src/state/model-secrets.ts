import type { Texts } from "juju-hook-tools";
import type { SecretRevision } from "../hooks/hook-names.ts";
import { AgentRequestError } from "../agent-errors.ts";
import type { AgentState, ConsumedSecret, ModelSecret, UnitState } from "./agent-state.ts";

/** What a person is shown of a secret: never its content. */
export interface SecretDescription {
  readonly id: string;
  readonly name: string;
  readonly revision: number;
  readonly grants: readonly string[];
}

type Secrets = AgentState["secrets"];

/** A state with one more secret, which nobody may read yet. @throws AgentRequestError when the name is taken */
export function withSecret(
  state: AgentState,
  { id, name, content }: { readonly id: string; readonly name: string; readonly content: Texts },
): AgentState {
  const taken = Object.values(state.secrets ?? {}).some((secret) => secret.name === name);
  if (taken) throw new AgentRequestError(`Cannot add the secret: there is one named "${name}", update it`);
  return put(state, { id, name, latestRevision: 1, revisions: { 1: content }, grants: [] });
}

/**
 * A state with a new revision of a secret; content equal to the latest makes none, as in Juju.
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

/** A state in which applications may read a secret, or may no more. @throws AgentRequestError */
export function withGrants(
  state: AgentState,
  named: string,
  applications: readonly string[],
  granted: boolean,
): AgentState {
  const secret = findSecret(state, named);
  const unknown = applications.find((name) => !Object.hasOwn(state.applications, name));
  if (granted && unknown !== undefined) {
    throw new AgentRequestError(`Cannot grant the secret: there is no application "${unknown}"`);
  }
  const others = secret.grants.filter((name) => !applications.includes(name));
  return put(state, { ...secret, grants: granted ? [...others, ...applications] : others });
}

/** A state without a secret. @throws AgentRequestError */
export function withoutSecret(state: AgentState, named: string): AgentState {
  const { id } = findSecret(state, named);
  const rest = Object.entries(state.secrets ?? {}).filter(([key]) => key !== id);
  return { ...state, secrets: Object.fromEntries(rest) };
}

/** A state in which an application that is gone may read nothing. */
export function withoutGrants(state: AgentState, application: string): AgentState {
  if (state.secrets === undefined) return state;
  const secrets = Object.entries(state.secrets).map(([id, secret]) => {
    return [id, { ...secret, grants: secret.grants.filter((name) => name !== application) }] as const;
  });
  return { ...state, secrets: Object.fromEntries(secrets) };
}

/** A revision that a unit has not been told of, of a secret that it has read and may still read. */
export function newRevisionFor(unit: UnitState, secrets: Secrets): SecretRevision | undefined {
  for (const [id, { tracked, told }] of Object.entries(unit.consumed ?? {})) {
    const secret = secrets?.[id];
    if (!secret?.grants.includes(unit.application)) continue;
    if (secret.latestRevision > Math.max(tracked, told)) return { id, revision: secret.latestRevision };
  }
  return undefined;
}

/** What a unit knows after it has been told of a revision. */
export function toldOf(
  consumed: Readonly<Record<string, ConsumedSecret>> = {},
  { id, revision }: SecretRevision,
): Readonly<Record<string, ConsumedSecret>> {
  const known = consumed[id];
  return known ? { ...consumed, [id]: { ...known, told: Math.max(known.told, revision) } } : consumed;
}

/** What `juju secrets` tells. */
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
