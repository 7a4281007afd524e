import type { CloudSpec } from "../../tools/cloud-spec.ts";

/** Fields of a {@link Model}. */
export interface ModelFields {
  /** @default "testing" */
  readonly name?: string;
  readonly uuid?: string;
  /** Result of `credential-get`; undefined without `--trust`. @default undefined */
  readonly cloudSpec?: CloudSpec | undefined;
}

/** The Juju model of the unit. */
export class Model {
  readonly name: string;
  readonly uuid: string;
  readonly cloudSpec: CloudSpec | undefined;

  constructor(fields: ModelFields = {}) {
    this.name = fields.name ?? "testing";
    this.uuid = fields.uuid ?? "deadbeef-0bad-400d-8000-4b1d0d06f00d";
    this.cloudSpec = fields.cloudSpec;
    Object.freeze(this);
  }
}
