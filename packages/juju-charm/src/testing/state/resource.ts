/** A resource of the charm that was attached: the file that `resource-get` answers. */
export class Resource {
  /** Name in the charm's metadata. */
  readonly name: string;
  /** Absolute path. */
  readonly path: string;

  constructor(fields: { readonly name: string; readonly path: string }) {
    this.name = fields.name;
    this.path = fields.path;
    Object.freeze(this);
  }
}
