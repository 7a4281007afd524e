import {
  ToolError,
  type ManagedSecret,
  type Revocation,
  type SecretChanges,
  type SecretName,
  type SecretBackend,
} from "juju-hook-tools";
import type { SecretOwner, SecretRevision } from "../../tools/secret-tools.ts";
import { remoteAppOf } from "../state/relation-members.ts";
import { Secret, type SecretGrantRecord, type SecretText } from "../state/secret.ts";
import type { Ledger } from "./ledger.ts";
import type { Setting } from "./setting.ts";

/** Secrets as the hook tools show them. What is read is tracked at once; what an owner changes is buffered. */
export class SimulatedSecrets implements SecretBackend {
  readonly #ledger: Ledger;
  readonly #setting: Setting;

  constructor(ledger: Ledger, setting: Setting) {
    this.#ledger = ledger;
    this.#setting = setting;
  }

  /** The content of a revision: that which the unit tracks, or the newest. */
  read(name: SecretName, revision: SecretRevision): SecretText {
    const secret = this.#named(name);
    if (name.id !== undefined && name.label !== undefined) this.#label(secret, name.label);
    const isNew = !this.#ledger.kept.secrets.some(({ id }) => id === secret.id);
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
    return this.#ledger.pending.secrets.filter((secret) => this.#isManaged(secret)).map(({ id }) => id);
  }

  /** @returns the new secret's URI, in the long form. */
  add(owner: SecretOwner, changes: SecretChanges & { readonly content: SecretText }): string {
    if (owner === "application") this.#assertLeader();
    const { content, ...metadata } = changes;
    this.#assertFreeLabel(metadata.label);
    const secret = new Secret({ revisions: { 1: content }, owner, ...given(metadata) });
    this.#ledger.buffer((state) => state.with({ secrets: [...state.secrets, secret] }));
    return `secret://${this.#ledger.kept.model.uuid}/${secret.id}`;
  }

  /** Content equal to the newest makes no revision. */
  change(id: string, changes: SecretChanges): void {
    const secret = this.#owned(id);
    if (!secret) return;
    const { content, ...metadata } = changes;
    if (metadata.label !== secret.label) this.#assertFreeLabel(metadata.label);
    const revisions =
      content && !isSameText(content, secret.latest)
        ? { ...secret.revisions, [this.#nextRevision(secret)]: content }
        : secret.revisions;
    // A plain read in this hook goes on with what the controller has.
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
    const isMeant = (target: string, relation: number) =>
      from.unit !== undefined
        ? target === from.unit
        : from.app !== undefined
          ? target === from.app
          : relation === from.relation;
    this.#replace(
      secret.with({ grants: secret.grants.filter(({ target, relation }) => !isMeant(target, relation)) }),
    );
  }

  /** Removes one revision, or all of the secret. */
  remove(id: string, revision: number | undefined): void {
    const secret = this.#owned(id);
    if (!secret) return;
    const rest = Object.entries(secret.revisions).filter(([number]) => Number(number) !== revision);
    if (revision !== undefined && rest.length > 0) {
      this.#replace(secret.with({ revisions: Object.fromEntries(rest) }));
    } else {
      this.#ledger.buffer((state) =>
        state.with({ secrets: state.secrets.filter(({ id }) => id !== secret.id) }),
      );
    }
  }

  #access({ relation, target }: SecretGrantRecord): object {
    const kind = target.includes("/") ? "unit" : "application";
    const found = this.#ledger.pending.relations.find(({ id }) => id === relation);
    const scope = `relation-${this.#setting.appName}.${found?.endpoint ?? ""}#${target.split("/", 1)[0] ?? ""}`;
    return { target: `${kind}-${target.replace("/", "-")}`, scope, role: "view" };
  }

  #named({ id: wanted, label }: SecretName): Secret {
    const { secrets } = this.#ledger.pending;
    if (wanted === undefined) {
      const secret = secrets.find((candidate) => candidate.label === label);
      if (!secret) throw new ToolError(`consumer label "${label ?? ""}" not found`);
      return secret;
    }
    const secret = secrets.find(({ id }) => id === wanted);
    if (!secret) throw new ToolError(`secret "${wanted}" not found`);
    return secret;
  }

  /** Undefined where Juju finds only at the end of the hook that the secret is not there, or another's. */
  #owned(wanted: string): Secret | undefined {
    const secret = this.#ledger.pending.secrets.find(({ id }) => id === wanted);
    if (secret?.owner === "application") this.#assertLeader();
    if (secret?.owner !== undefined) return secret;
    this.#ledger.bufferRefused(secret ? "permission denied" : `secret "${wanted}" not found`);
    return undefined;
  }

  #isManaged({ owner }: Secret): boolean {
    return owner === "unit" || (owner === "application" && this.#ledger.kept.leader);
  }

  /** The newest revision that the controller knows. */
  #committedRevision({ id, latestRevision }: Secret): number {
    return this.#ledger.kept.secrets.find((secret) => secret.id === id)?.latestRevision ?? latestRevision;
  }

  /** However often a hook sets the content, it makes one revision. */
  #nextRevision(secret: Secret): number {
    const kept = this.#ledger.kept.secrets.find(({ id }) => id === secret.id);
    return kept ? kept.latestRevision + 1 : secret.latestRevision;
  }

  #track({ id }: Secret, tracked: number): void {
    // The controller cannot track what it does not have yet.
    const isCommitted = (secret: Secret) => secret.revisions[tracked] !== undefined;
    this.#ledger.keep((state) => {
      const secret = state.secrets.find((candidate) => candidate.id === id);
      return secret && isCommitted(secret) ? state.withSecret(secret.with({ tracked })) : state;
    });
  }

  #label({ id, label: old }: Secret, label: string): void {
    if (old === label) return;
    this.#assertFreeLabel(label);
    this.#ledger.keep((state) => {
      const secret = state.secrets.find((candidate) => candidate.id === id);
      return secret ? state.withSecret(secret.with({ label })) : state;
    });
  }

  #replace(secret: Secret): void {
    this.#ledger.buffer((state) => state.withSecret(secret));
  }

  #appOf(relation: number): string {
    return remoteAppOf(this.#ledger.pending.relation(relation), this.#setting.appName);
  }

  #assertLeader(): void {
    if (!this.#ledger.kept.leader) throw new ToolError("this unit is not the leader");
  }

  #assertFreeLabel(label: string | undefined): void {
    if (label === undefined || label === "") return;
    if (!this.#ledger.pending.secrets.some((secret) => secret.label === label)) return;
    throw new ToolError(`secret with label "${label}" already exists`);
  }
}

function isSameText(left: SecretText, right: SecretText): boolean {
  const sorted = (text: SecretText) =>
    JSON.stringify(Object.entries(text).sort(([a], [b]) => (a < b ? -1 : 1)));
  return sorted(left) === sorted(right);
}

/** Without what is undefined: that stays as it is. */
function given<T extends object>(changes: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
