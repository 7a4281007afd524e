/** An attached resource with the file of `resource-get`. */
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
