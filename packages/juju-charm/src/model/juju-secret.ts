import type { HookTools } from "../tools/hook-tools.ts";
import type {
  SecretContent,
  SecretInfo,
  SecretMetadata,
  SecretReference,
  SecretRevocation,
} from "../tools/secret-tools.ts";
import { secretContent, type NewSecretContent } from "./secret-content.ts";

/** A relation, by its number in the model: a `Relation` is one. */
export interface RelationReference {
  readonly id: number;
}

/** To whom a grant is given or from whom it is taken, within a relation. */
export interface GrantOptions {
  /** Only this remote unit, instead of the whole remote application. */
  readonly unit?: string;
}

/**
 * A secret of Juju, which the unit owns or was granted. Its content is read when it is asked for, and its values print
 * as `[redacted]`. What an owner changes takes effect once the hook has succeeded.
 *
 * Methods throw {@link SecretNotFoundError} and {@link PermissionDeniedError}; those of owners throw
 * {@link NotLeaderError} for a secret of the application when the unit is not the leader.
 */
export class JujuSecret {
  /** URI in the form in which it was told; undefined when the secret is known by its label only. */
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

  /** 20 characters that are the same in all forms of the URI; undefined when the secret is known by its label only. */
  get uniqueID(): string | undefined {
    return this.id?.replace(/^.*[:/]/, "");
  }

  /** The content of the revision that this unit tracks; at first the newest, which is tracked from then on. */
  async content(): Promise<SecretContent> {
    return this.#tools.secretGet(this.#reference, "tracked");
  }

  /** The content of the newest revision, without tracking it. */
  async peek(): Promise<SecretContent> {
    return this.#tools.secretGet(this.#reference, "peek");
  }

  /** The content of the newest revision, which is tracked from now on. */
  async refresh(): Promise<SecretContent> {
    return this.#tools.secretGet(this.#reference, "latest");
  }

  /** What its owner knows of the secret. */
  async info(): Promise<SecretInfo> {
    return this.#tools.secretInfo(this.#reference);
  }

  /**
   * Makes a new revision; of content that equals the newest one nothing.
   *
   * @param metadata changes together with the content: when the new revision expires, for example.
   * @throws {@link SecretContentError} when Juju does not take the content.
   */
  async setContent(content: NewSecretContent, metadata: SecretMetadata = {}): Promise<void> {
    await this.#tools.secretSet(await this.#ownID(), { ...metadata, content: secretContent(content) });
  }

  /** Changes what the secret is called, when its newest revision expires and how often Juju asks for a new one. */
  async setInfo(metadata: SecretMetadata): Promise<void> {
    await this.#tools.secretSet(await this.#ownID(), metadata);
  }

  /** Lets the other side of a relation read the secret, for as long as the relation is there. */
  async grant(relation: RelationReference, { unit }: GrantOptions = {}): Promise<void> {
    await this.#tools.secretGrant(await this.#ownID(), { relation: relation.id, unit });
  }

  /** Takes a grant away. */
  async revoke(from: RelationReference | SecretRevocation, { unit }: GrantOptions = {}): Promise<void> {
    const revocation = "id" in from ? { relation: from.id, unit } : from;
    await this.#tools.secretRevoke(await this.#ownID(), revocation);
  }

  /** Removes a revision, which `secret-remove` and `secret-expired` ask for; of one that is gone nothing. */
  async removeRevision(revision: number): Promise<void> {
    await this.#tools.secretRemove(await this.#ownID(), revision);
  }

  /** Removes the secret with all its revisions. */
  async removeAll(): Promise<void> {
    await this.#tools.secretRemove(await this.#ownID());
  }

  /** The tools of owners take no label. */
  async #ownID(): Promise<string> {
    return this.id ?? (await this.info()).id;
  }
}
