import {
  differencesOf,
  ToolError,
  type JujuDifferences,
  type ManagedSecret,
  type Revocation,
  type SecretChanges,
  type SecretName,
  type SecretBackend,
} from "juju-hook-tools";
import type { SecretOwner, SecretRevision } from "../../tools/secret-tools.ts";
import { remoteAppOf } from "../state/relation-members.ts";
import { Secret, type SecretGrantRecord, type SecretText } from "../state/secret.ts";
import type { StateTransaction } from "./state-transaction.ts";
import type { SimulationOptions } from "./simulation-options.ts";

/** Secrets for hook tools. Reads start tracking immediately. An owner's changes are buffered. */
export class SimulatedSecrets implements SecretBackend {
  readonly #transaction: StateTransaction;
  readonly #options: SimulationOptions;
  readonly #differences: JujuDifferences;

  constructor(transaction: StateTransaction, options: SimulationOptions) {
    this.#transaction = transaction;
    this.#options = options;
    this.#differences = differencesOf(options.jujuVersion);
  }

  /** The content of the tracked or the newest revision. */
  read(name: SecretName, revision: SecretRevision): SecretText {
    const secret = this.#named(name);
    if (secret.owner === undefined && !secret.granted)
      throw new ToolError(this.#differences.secretNotAllowed(this.#options.unitName));
    if (name.id !== undefined && name.label !== undefined) this.#label(secret, name.label);
    const isNew = !this.#transaction.committed.secrets.some(({ id }) => id === secret.id);
    if (revision === "peek") return secret.latest;
    const tracked =
      revision === "latest" || isNew
        ? secret.latestRevision
        : (secret.tracked ?? this.#committedRevision(secret));
    this.#track(secret, tracked);
    return secret.revisions[tracked] ?? {};
  }

  /** @throws ToolError when the unit does not manage the secret. */
  info(name: SecretName): ManagedSecret {
    const secret = this.#named(name);
    if (!this.#isManaged(secret)) throw new ToolError(`secret "${secret.id}" not found`);
    const { id, latestRevision, owner, label, description, expires, rotate } = secret;
    const access = secret.grants.map((grant) => this.#access(grant));
    return { id, latestRevision, owner, label, description, expires, rotate, access };
  }

  /** IDs of the secrets that the unit manages. */
  ids(): readonly string[] {
    return this.#transaction.pending.secrets.filter((secret) => this.#isManaged(secret)).map(({ id }) => id);
  }

  /** @returns the new secret's URI, in the long form. */
  add(owner: SecretOwner, changes: SecretChanges & { readonly content: SecretText }): string {
    if (owner === "application") this.#assertLeader();
    const { content, ...metadata } = changes;
    this.#assertFreeLabel(metadata.label);
    const secret = new Secret({ revisions: { 1: content }, owner, ...given(metadata) });
    this.#transaction.buffer((state) => state.with({ secrets: [...state.secrets, secret] }));
    return `secret://${this.#transaction.committed.model.uuid}/${secret.id}`;
  }

  /** Unchanged content creates no revision. */
  change(id: string, changes: SecretChanges): void {
    const pending = this.#owned(id);
    if (!pending) return;
    const secret = this.#differences.addsSecretUpdates ? pending : this.#withoutUpdates(pending);
    const { content, ...metadata } = changes;
    if (metadata.label !== secret.label) this.#assertFreeLabel(metadata.label);
    const revisions =
      content && !isSameText(content, secret.latest)
        ? { ...secret.revisions, [this.#nextRevision(secret)]: content }
        : secret.revisions;
    // A plain read in this hook still returns the committed content.
    const tracked = secret.tracked ?? this.#committedRevision(secret);
    this.#replace(secret.with({ ...given(metadata), revisions, tracked }));
  }

  grant(id: string, relation: number, unit: string | undefined): void {
    const secret = this.#owned(id);
    if (!secret) return;
    const app = this.#appOf(relation);
    if (unit !== undefined && !unit.startsWith(`${app}/`)) {
      throw new ToolError(`cannot specify unit "${unit}" in relation to application "${app}"`);
    }
    const target = unit ?? app;
    if (secret.grants.some((grant) => grant.target === target)) return;
    this.#replace(secret.with({ grants: [...secret.grants, { relation, target }] }));
  }

  revoke(id: string, from: Revocation): void {
    const secret = this.#owned(id);
    if (!secret) return;
    const isRevoked = (target: string, relation: number) =>
      from.unit !== undefined
        ? target === from.unit
        : from.app !== undefined
          ? target === from.app
          : relation === from.relation;
    this.#replace(
      secret.with({ grants: secret.grants.filter(({ target, relation }) => !isRevoked(target, relation)) }),
    );
  }

  /** Removes one revision, or the whole secret. */
  remove(id: string, revision: number | undefined): void {
    const secret = this.#owned(id);
    if (!secret) return;
    const rest = Object.entries(secret.revisions).filter(([number]) => Number(number) !== revision);
    if (revision !== undefined && rest.length > 0) {
      this.#replace(secret.with({ revisions: Object.fromEntries(rest) }));
    } else {
      this.#transaction.buffer((state) =>
        state.with({ secrets: state.secrets.filter(({ id }) => id !== secret.id) }),
      );
    }
  }

  #access({ relation, target }: SecretGrantRecord): object {
    const kind = target.includes("/") ? "unit" : "application";
    const found = this.#transaction.pending.relations.find(({ id }) => id === relation);
    const scope = `relation-${this.#options.appName}.${found?.endpoint ?? ""}#${target.split("/", 1)[0] ?? ""}`;
    return { target: `${kind}-${target.replace("/", "-")}`, scope, role: "view" };
  }

  #named({ id: wanted, label }: SecretName): Secret {
    const { secrets } = this.#transaction.pending;
    if (wanted === undefined) {
      const secret = secrets.find((candidate) => candidate.label === label);
      if (!secret) throw new ToolError(this.#differences.secretLabelNotFound(label ?? ""));
      return secret;
    }
    const secret = secrets.find(({ id }) => id === wanted);
    if (!secret) throw new ToolError(this.#differences.secretNotFound(wanted));
    return secret;
  }

  /** Undefined when the secret is missing or has another owner, which Juju reports only at the end of the hook. */
  #owned(wanted: string): Secret | undefined {
    const secret = this.#transaction.pending.secrets.find(({ id }) => id === wanted);
    if (secret?.owner === "application") this.#assertLeader();
    if (secret?.owner !== undefined) return secret;
    this.#transaction.bufferRefused(secret ? "permission denied" : `secret "${wanted}" not found`);
    return undefined;
  }

  #isManaged({ owner }: Secret): boolean {
    return owner === "unit" || (owner === "application" && this.#transaction.committed.leader);
  }

  /** The secret before earlier updates of this hook. The creation of a secret takes updates at any time. */
  #withoutUpdates(secret: Secret): Secret {
    const kept = this.#transaction.committed.secrets.find(({ id }) => id === secret.id);
    return kept?.with({ grants: secret.grants }) ?? secret;
  }

  /** The newest committed revision. */
  #committedRevision({ id, latestRevision }: Secret): number {
    return (
      this.#transaction.committed.secrets.find((secret) => secret.id === id)?.latestRevision ?? latestRevision
    );
  }

  /** A hook creates at most one revision, even when it sets the content several times. */
  #nextRevision(secret: Secret): number {
    const kept = this.#transaction.committed.secrets.find(({ id }) => id === secret.id);
    return kept ? kept.latestRevision + 1 : secret.latestRevision;
  }

  #track({ id }: Secret, tracked: number): void {
    // The controller cannot track an uncommitted revision.
    const isCommitted = (secret: Secret) => secret.revisions[tracked] !== undefined;
    this.#transaction.commit((state) => {
      const secret = state.secrets.find((candidate) => candidate.id === id);
      return secret && isCommitted(secret) ? state.withSecret(secret.with({ tracked })) : state;
    });
  }

  #label({ id, label: old }: Secret, label: string): void {
    if (old === label) return;
    this.#assertFreeLabel(label);
    this.#transaction.commit((state) => {
      const secret = state.secrets.find((candidate) => candidate.id === id);
      return secret ? state.withSecret(secret.with({ label })) : state;
    });
  }

  #replace(secret: Secret): void {
    this.#transaction.buffer((state) => state.withSecret(secret));
  }

  #appOf(relation: number): string {
    return remoteAppOf(this.#transaction.pending.relation(relation), this.#options.appName);
  }

  #assertLeader(): void {
    if (!this.#transaction.committed.leader) throw new ToolError("this unit is not the leader");
  }

  #assertFreeLabel(label: string | undefined): void {
    if (label === undefined || label === "") return;
    if (!this.#transaction.pending.secrets.some((secret) => secret.label === label)) return;
    throw new ToolError(`secret with label "${label}" already exists`);
  }
}

function isSameText(left: SecretText, right: SecretText): boolean {
  const sorted = (text: SecretText) =>
    JSON.stringify(Object.entries(text).sort(([a], [b]) => (a < b ? -1 : 1)));
  return sorted(left) === sorted(right);
}

/** Omits undefined members, so that they stay unchanged. */
function given<T extends object>(changes: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
