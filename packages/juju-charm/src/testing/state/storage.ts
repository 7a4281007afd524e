/** Fields of a {@link Storage}. */
export interface StorageFields {
  /** Name in the charm's metadata. */
  readonly name: string;
  /** @default 0 */
  readonly index?: number;
  /** @default "filesystem" */
  readonly type?: "filesystem" | "block";
  /** Mount point or device path. @default Juju's mount point */
  readonly location?: string;
}

/** A storage instance attached to the unit. */
export class Storage {
  readonly name: string;
  readonly index: number;
  readonly type: "filesystem" | "block";
  readonly location: string;

  constructor(fields: StorageFields) {
    this.name = fields.name;
    this.index = fields.index ?? 0;
    this.type = fields.type ?? "filesystem";
    this.location = fields.location ?? `/var/lib/juju/storage/${this.name}/${this.index}`;
    Object.freeze(this);
  }

  /** Such as `data/0`. */
  get id(): string {
    return `${this.name}/${this.index}`;
  }
}
