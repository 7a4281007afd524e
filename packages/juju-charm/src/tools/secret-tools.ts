import type { Secret } from "charm-kit";

/** Identifies a secret by a URI in any of Juju's forms or by a label. With both, the secret also gets the label. */
export type SecretReference =
  { readonly id: string; readonly label?: string | undefined } | { readonly label: string };

/** The 20 characters that all forms of a secret's URI share. */
export function bareSecretID(uri: string): string {
  return uri.replace(/^.*[:/]/s, "");
}

/**
 * Revision to read. `tracked`: the tracked revision, initially the newest. `latest`: the newest, and starts tracking it.
 * `peek`: the newest, without tracking it.
 */
export type SecretRevision = "tracked" | "latest" | "peek";

/** Interval at which Juju requests a new revision from the owner. */
export type SecretRotation = "never" | "hourly" | "daily" | "weekly" | "monthly" | "quarterly" | "yearly";

/** Expiry of a revision: a time, or a number of seconds from now. */
export type SecretExpiry = Date | { readonly seconds: number };

/** Owner of a secret: the application, managed by its leader, or the unit. */
export type SecretOwner = "application" | "unit";

/** Values of a secret by key. They print as `[redacted]`. */
export type SecretContent = Readonly<Record<string, Secret>>;

/** Metadata that an owner can set. */
export interface SecretMetadata {
  /** The owner's name for the secret, unique among its secrets. */
  readonly label?: string | undefined;
  readonly description?: string | undefined;
  readonly expire?: SecretExpiry | undefined;
  readonly rotate?: SecretRotation | undefined;
}

/** A grant of a secret. */
export interface SecretAccess {
  /** Tag of the consumer, such as `application-web` or `unit-web-0`. */
  readonly target: string;
  /** Tag of the scope of the grant, such as `relation-web.db#pg.db`. */
  readonly scope: string;
  readonly role: string;
}

/** Metadata of a secret, for its owner. */
export interface SecretInfo {
  /** 20 characters, without a scheme. */
  readonly id: string;
  /** The newest revision. */
  readonly revision: number;
  readonly owner: SecretOwner;
  readonly label: string | undefined;
  readonly description: string | undefined;
  readonly rotation: SecretRotation | undefined;
  /** Expiry of the newest revision. */
  readonly expires: Date | undefined;
  /** Time of the next rotation. */
  readonly rotates: Date | undefined;
  readonly access: readonly SecretAccess[];
}

/** Consumer of a grant: the remote application of a relation, or one of its units. */
export interface SecretGrant {
  readonly relation: number;
  readonly unit?: string | undefined;
}

/** Grants to revoke: of a relation, an application or a unit. */
export type SecretRevocation = SecretGrant | { readonly app: string } | { readonly unit: string };

/**
 * The secret tools. Reads start tracking immediately. An owner's changes take effect when the hook succeeds, and only
 * then does Juju report that the unit is not the owner.
 */
export interface SecretTools {
  /**
   * `secret-get --format=json`: the fields of a secret that the unit owns or was granted.
   *
   * @param secret a URI in any of Juju's forms, or a reference with an optional label.
   */
  secretGet(secret: string | SecretReference, revision: SecretRevision): Promise<SecretContent>;
  /** `secret-info-get --format=json`: for secrets that the unit or its application owns. */
  secretInfo(secret: SecretReference): Promise<SecretInfo>;
  /** `secret-ids --format=json`: bare IDs of the unit's secrets and, on the leader, of the application's. */
  secretIDs(): Promise<readonly string[]>;
  /**
   * `secret-add`.
   *
   * @param owner only the leader may use `application`.
   * @returns the URI, in the form of this Juju version.
   */
  secretAdd(content: SecretContent, owner: SecretOwner, metadata: SecretMetadata): Promise<string>;
  /** `secret-set`: sets content, which creates a revision, metadata, or both. */
  secretSet(id: string, changes: SecretMetadata & { readonly content?: SecretContent }): Promise<void>;
  /** `secret-grant`. */
  secretGrant(id: string, to: SecretGrant): Promise<void>;
  /** `secret-revoke`. */
  secretRevoke(id: string, from: SecretRevocation): Promise<void>;
  /** `secret-remove`: removes one revision, or the whole secret without `revision`. */
  secretRemove(id: string, revision?: number): Promise<void>;
}
