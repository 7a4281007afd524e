/** What a {@link Storage} is made of. */
export interface StorageFields {
  /** Name in the charm's metadata. */
  readonly name: string;
  /** @default 0 */
  readonly index?: number;
  /** @default "filesystem" */
  readonly type?: "filesystem" | "block";
  /** Mount point or path of the device. @default where Juju mounts it */
  readonly location?: string;
}

/** A storage that is attached to the unit. */
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

  /** As in `data/0`. */
  get id(): string {
    return `${this.name}/${this.index}`;
  }
}
