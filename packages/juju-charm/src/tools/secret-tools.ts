import type { Secret } from "charm-kit";

/** Names a secret: by a URI in any of Juju's forms, by a label, or by the URI, which then gets the label. */
export type SecretReference =
  { readonly id: string; readonly label?: string | undefined } | { readonly label: string };

/**
 * Which revision is read. `tracked`: the one read before, at first the newest. `latest`: the newest, tracked from now
 * on. `peek`: the newest, without tracking it.
 */
export type SecretRevision = "tracked" | "latest" | "peek";

/** How often Juju asks the owner for a new revision. */
export type SecretRotation = "never" | "hourly" | "daily" | "weekly" | "monthly" | "quarterly" | "yearly";

/** When a revision expires: at a time, or some seconds from now. */
export type SecretExpiry = Date | { readonly seconds: number };

/** Who owns a secret: the application, by its leader, or the unit. */
export type SecretOwner = "application" | "unit";

/** Values of a secret, by key. They print as `[redacted]`. */
export type SecretContent = Readonly<Record<string, Secret>>;

/** What an owner may say of a secret besides its content. */
export interface SecretMetadata {
  /** A name of the owner's own, unique among its secrets. */
  readonly label?: string | undefined;
  readonly description?: string | undefined;
  readonly expire?: SecretExpiry | undefined;
  readonly rotate?: SecretRotation | undefined;
}

/** Who may read a secret. */
export interface SecretAccess {
  /** Tag, as in `application-web` or `unit-web-0`. */
  readonly target: string;
  /** Tag of what the access ends with, as in `relation-web.db#pg.db`. */
  readonly scope: string;
  readonly role: string;
}

/** What its owner knows of a secret. */
export interface SecretInfo {
  /** 20 characters, without a scheme. */
  readonly id: string;
  /** The newest revision. */
  readonly revision: number;
  readonly owner: SecretOwner;
  readonly label: string | undefined;
  readonly description: string | undefined;
  readonly rotation: SecretRotation | undefined;
  /** When the newest revision expires. */
  readonly expires: Date | undefined;
  /** When Juju asks for a new revision next. */
  readonly rotates: Date | undefined;
  readonly access: readonly SecretAccess[];
}

/** To whom a grant is given: the remote application of a relation, or one of its units. */
export interface SecretGrant {
  readonly relation: number;
  readonly unit?: string | undefined;
}

/** From whom grants are taken. */
export type SecretRevocation = SecretGrant | { readonly app: string } | { readonly unit: string };

/**
 * The tools of secrets. Reading tracks at once; all that an owner changes takes effect once the hook succeeds, and only
 * then Juju tells that somebody was not the owner.
 */
export interface SecretTools {
  /**
   * `secret-get --format=json`: the fields of a secret that the unit owns or was granted.
   *
   * @param secret a secret URI in any of Juju's forms, or a reference that may have a label.
   */
  secretGet(secret: string | SecretReference, revision: SecretRevision): Promise<SecretContent>;
  /** `secret-info-get --format=json`: of secrets that the unit or its application owns. */
  secretInfo(secret: SecretReference): Promise<SecretInfo>;
  /** `secret-ids --format=json`: bare IDs of the secrets that the unit or, for its leader, the application owns. */
  secretIDs(): Promise<readonly string[]>;
  /**
   * `secret-add`.
   *
   * @param owner `application` is for leaders only.
   * @returns the URI, as this Juju writes it.
   */
  secretAdd(content: SecretContent, owner: SecretOwner, metadata: SecretMetadata): Promise<string>;
  /** `secret-set`: content, which makes a revision, or metadata, or both. */
  secretSet(id: string, changes: SecretMetadata & { readonly content?: SecretContent }): Promise<void>;
  /** `secret-grant`. */
  secretGrant(id: string, to: SecretGrant): Promise<void>;
  /** `secret-revoke`. */
  secretRevoke(id: string, from: SecretRevocation): Promise<void>;
  /** `secret-remove`: one revision, or without one all of the secret. */
  secretRemove(id: string, revision?: number): Promise<void>;
}
