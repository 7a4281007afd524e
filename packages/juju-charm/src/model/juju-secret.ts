import type { HookTools } from "../tools/hook-tools.ts";
import {
  bareSecretID,
  type SecretContent,
  type SecretInfo,
  type SecretMetadata,
  type SecretReference,
  type SecretRevocation,
} from "../tools/secret-tools.ts";
import { secretContent, type NewSecretContent } from "./secret-content.ts";

/** A relation by its number, such as a `Relation`. */
export interface RelationReference {
  readonly id: number;
}

/** Options of a grant or its revocation. */
export interface GrantOptions {
  /** Only this remote unit instead of the whole remote application. */
  readonly unit?: string;
}

/**
 * A Juju secret that the unit owns or was granted. Its content is read on demand, and its values print as `[redacted]`.
 * An owner's changes take effect after the hook succeeds.
 *
 * Methods throw {@link SecretNotFoundError} and {@link PermissionDeniedError}. Owner methods throw
 * {@link NotLeaderError} for a secret of the application when the unit is not the leader.
 */
export class JujuSecret {
  /** URI in its original form; undefined when only the label is known. */
  readonly id: string | undefined;
  readonly label: string | undefined;
  readonly #reference: SecretReference;
  readonly #tools: HookTools;

  constructor(reference: SecretReference, tools: HookTools) {
    this.id = "id" in reference ? reference.id : undefined;
    this.label = reference.label;
    this.#reference = reference;
    this.#tools = tools;
  }

  /** The 20 characters that all forms of the URI share; undefined when only the label is known. */
  get uniqueID(): string | undefined {
    return this.id === undefined ? undefined : bareSecretID(this.id);
  }

  /** The content of the tracked revision. The first call starts tracking the newest revision. */
  async content(): Promise<SecretContent> {
    return this.#tools.secretGet(this.#reference, "tracked");
  }

  /** The content of the newest revision, without tracking it. */
  async peek(): Promise<SecretContent> {
    return this.#tools.secretGet(this.#reference, "peek");
  }

  /** The content of the newest revision, and starts tracking it. */
  async refresh(): Promise<SecretContent> {
    return this.#tools.secretGet(this.#reference, "latest");
  }

  /** The secret's metadata. Only for its owner. */
  async info(): Promise<SecretInfo> {
    return this.#tools.secretInfo(this.#reference);
  }

  /**
   * Creates a new revision, unless the newest one has the same content.
   *
   * @param metadata changed together with the content, such as the expiry of the new revision.
   * @throws {@link SecretContentError} when Juju does not accept the content.
   */
  async setContent(content: NewSecretContent, metadata: SecretMetadata = {}): Promise<void> {
    await this.#tools.secretSet(await this.#ownID(), { ...metadata, content: secretContent(content) });
  }

  /** Changes the label, the description, the expiry of the newest revision, or the rotation. */
  async setInfo(metadata: SecretMetadata): Promise<void> {
    await this.#tools.secretSet(await this.#ownID(), metadata);
  }

  /** Grants the secret to the other side of a relation, as long as the relation exists. */
  async grant(relation: RelationReference, { unit }: GrantOptions = {}): Promise<void> {
    await this.#tools.secretGrant(await this.#ownID(), { relation: relation.id, unit });
  }

  /** Revokes a grant. */
  async revoke(from: RelationReference | SecretRevocation, { unit }: GrantOptions = {}): Promise<void> {
    const revocation = "id" in from ? { relation: from.id, unit } : from;
    await this.#tools.secretRevoke(await this.#ownID(), revocation);
  }

  /** Removes a revision, as a response to `secret-remove` or `secret-expired`. Ignores a removed revision. */
  async removeRevision(revision: number): Promise<void> {
    await this.#tools.secretRemove(await this.#ownID(), revision);
  }

  /** Removes the secret with all its revisions. */
  async removeAll(): Promise<void> {
    await this.#tools.secretRemove(await this.#ownID());
  }

  /** Owner tools do not accept a label. */
  async #ownID(): Promise<string> {
    return this.id ?? (await this.info()).id;
  }
}
