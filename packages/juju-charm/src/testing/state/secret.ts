import type { SecretOwner, SecretRotation } from "../../tools/secret-tools.ts";
import { freshSecretID } from "./fresh-id.ts";
import { frozen } from "./frozen.ts";

/** Keys and values of a secret revision. */
export type SecretText = Readonly<Record<string, string>>;

/** A grant of this application's secret to a remote application or one of its units. */
export interface SecretGrantRecord {
  /** Number of the relation that is the scope of the grant. */
  readonly relation: number;
  /** `app` or `app/n`. */
  readonly target: string;
}

/** Revisions of a secret: the tracked content with an optional newer one, or all revisions by number. */
export type SecretRevisions =
  | { readonly content: SecretText; readonly latest?: SecretText | undefined }
  | { readonly revisions: Readonly<Record<number, SecretText>>; readonly tracked?: number | undefined };

/** Metadata fields of a {@link Secret}. */
export interface SecretMetadataFields {
  /** An xid: 19 characters of `[0-9a-v]`, then `0` or `g`. @default a unique ID */
  readonly id?: string;
  /** Undefined for a granted secret of another application or a user. @default undefined */
  readonly owner?: SecretOwner | undefined;
  /** Owner's label of an own secret; consumer's label of a granted one. */
  readonly label?: string | undefined;
  readonly description?: string | undefined;
  /** Expiry of the newest revision. */
  readonly expires?: Date | undefined;
  /** @default "never" */
  readonly rotate?: SecretRotation;
  /**
   * False for a secret of another application or a user that exists, but that the unit may not read: never granted, or
   * revoked.
   *
   * @default true
   */
  readonly granted?: boolean;
  /** @default [] */
  readonly grants?: readonly SecretGrantRecord[];
}

/** Fields of a {@link Secret}. */
export type SecretFields = SecretMetadataFields & SecretRevisions;

/** A secret that the unit or its application owns, or that was granted to the unit. */
export class Secret {
  readonly id: string;
  readonly owner: SecretOwner | undefined;
  readonly label: string | undefined;
  readonly description: string | undefined;
  readonly expires: Date | undefined;
  readonly rotate: SecretRotation;
  readonly granted: boolean;
  readonly grants: readonly SecretGrantRecord[];
  readonly revisions: Readonly<Record<number, SecretText>>;
  /** The revision that the unit tracks; undefined before the first read, which tracks the newest. */
  readonly tracked: number | undefined;

  constructor(fields: SecretFields) {
    this.id = fields.id ?? freshSecretID();
    this.owner = fields.owner;
    this.label = fields.label;
    this.description = fields.description;
    this.expires = fields.expires;
    this.rotate = fields.rotate ?? "never";
    this.granted = fields.granted ?? true;
    this.grants = frozen(fields.grants ?? []);
    const { revisions, tracked } = numbered(fields);
    this.revisions = frozen(revisions);
    this.tracked = tracked;
    Object.freeze(this);
  }

  /** The secret URI in its short form, for options. */
  get uri(): string {
    return `secret:${this.id}`;
  }

  /** Number of the newest revision; 0 when there is none. */
  get latestRevision(): number {
    return Math.max(0, ...Object.keys(this.revisions).map(Number));
  }

  /** Content of the newest revision. */
  get latest(): SecretText {
    return this.revisions[this.latestRevision] ?? {};
  }

  /** Content for a plain read. */
  get content(): SecretText {
    return this.revisions[this.tracked ?? this.latestRevision] ?? {};
  }

  /** A changed copy of the secret. */
  with(changes: Partial<SecretMetadataFields & Extract<SecretRevisions, { revisions: unknown }>>): Secret {
    const { id, owner, label, description, expires, rotate, granted, grants, revisions, tracked } = this;
    const same = { id, owner, label, description, expires, rotate, granted, grants, revisions, tracked };
    return new Secret({ ...same, ...changes });
  }
}

function numbered(fields: SecretRevisions): {
  readonly revisions: Readonly<Record<number, SecretText>>;
  readonly tracked: number | undefined;
} {
  if ("revisions" in fields) return { revisions: fields.revisions, tracked: fields.tracked };
  const { content, latest } = fields;
  return { revisions: latest === undefined ? { 1: content } : { 1: content, 2: latest }, tracked: 1 };
}
