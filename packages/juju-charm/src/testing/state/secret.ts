import type { SecretOwner, SecretRotation } from "../../tools/secret-tools.ts";
import { freshSecretID } from "./fresh-id.ts";
import { frozen } from "./frozen.ts";

/** Keys and values of a revision of a secret. */
export type SecretText = Readonly<Record<string, string>>;

/** Permission of a remote application, or of one of its units, to read a secret that this application owns. */
export interface SecretGrantRecord {
  /** Number of the relation that the permission ends with. */
  readonly relation: number;
  /** `app` or `app/n`. */
  readonly target: string;
}

/** What revisions a secret has: the one that the unit reads and perhaps a newer one, or all of them by number. */
export type SecretRevisions =
  | { readonly content: SecretText; readonly latest?: SecretText | undefined }
  | { readonly revisions: Readonly<Record<number, SecretText>>; readonly tracked?: number | undefined };

/** What the owner of a secret says of it. */
export interface SecretMetadataFields {
  /** 20 characters of `[0-9a-z]`. @default one that no other secret has */
  readonly id?: string;
  /** Whose it is; undefined for a secret of another application or of a user, granted to this unit. @default undefined */
  readonly owner?: SecretOwner | undefined;
  /** The owner's label of an own secret, the consumer's label of a granted one. */
  readonly label?: string | undefined;
  readonly description?: string | undefined;
  /** When the newest revision expires. */
  readonly expires?: Date | undefined;
  /** @default "never" */
  readonly rotate?: SecretRotation;
  /** @default [] */
  readonly grants?: readonly SecretGrantRecord[];
}

/** What a {@link Secret} is made of. */
export type SecretFields = SecretMetadataFields & SecretRevisions;

/** A secret that the unit can read, because it or its application owns it, or because it was granted. */
export class Secret {
  readonly id: string;
  readonly owner: SecretOwner | undefined;
  readonly label: string | undefined;
  readonly description: string | undefined;
  readonly expires: Date | undefined;
  readonly rotate: SecretRotation;
  readonly grants: readonly SecretGrantRecord[];
  readonly revisions: Readonly<Record<number, SecretText>>;
  /** The revision that the unit reads; undefined before the first time, which starts with the newest. */
  readonly tracked: number | undefined;

  constructor(fields: SecretFields) {
    this.id = fields.id ?? freshSecretID();
    this.owner = fields.owner;
    this.label = fields.label;
    this.description = fields.description;
    this.expires = fields.expires;
    this.rotate = fields.rotate ?? "never";
    this.grants = frozen(fields.grants ?? []);
    const { revisions, tracked } = numbered(fields);
    this.revisions = frozen(revisions);
    this.tracked = tracked;
    Object.freeze(this);
  }

  /** The secret URI in its short form, as options hold it. */
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

  /** Content that a plain read answers. */
  get content(): SecretText {
    return this.revisions[this.tracked ?? this.latestRevision] ?? {};
  }

  /** The same secret, changed. */
  with(changes: Partial<SecretMetadataFields & Extract<SecretRevisions, { revisions: unknown }>>): Secret {
    const { id, owner, label, description, expires, rotate, grants, revisions, tracked } = this;
    const same = { id, owner, label, description, expires, rotate, grants, revisions, tracked };
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
