import { messageOf } from "charm-kit";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { JsonValue } from "juju-hook-tools";
import { parseJSON } from "../tools/json.ts";
import type { FieldReader, FieldReaders } from "./field-readers.ts";
import { describeBag, RelationDataFormatError, type DataBagIdentity } from "./relation-data-errors.ts";
import { isSchema, parseBySchema, type OutputOf } from "./schema.ts";

/** Relation data without declared types. */
export type AnyRelationData = Readonly<Record<string, JsonValue>>;

/** Raw relation data, as stored by Juju. */
export type RawData = Readonly<Record<string, string>>;

/** Keys that Juju writes into the data of each unit, as plain text. */
const JUJU_KEYS = ["egress-subnets", "ingress-address", "private-address"];

/** Options of {@link DataBag.load} with a schema. */
export interface LoadOptions {
  /**
   * Whether values are JSON, the format of `ops`, or plain texts.
   *
   * @default "json"
   */
  readonly values?: "json" | "text";
}

/**
 * The data that one member of a relation shares with the others. `Data` declares the keys and their JSON values. Without
 * it, any key compiles.
 *
 * Juju adds `ingress-address` and `egress-subnets` to the bag of each unit, and before Juju 4 `private-address`.
 */
export class DataBag<Data extends object = AnyRelationData> {
  readonly identity: DataBagIdentity;
  readonly #read: () => Promise<RawData>;

  /** @param read returns the whole bag, after an access check. */
  constructor(identity: DataBagIdentity, read: () => Promise<RawData>) {
    this.identity = identity;
    this.#read = read;
  }

  /**
   * All data in the bag, including writes of this dispatch.
   *
   * @throws {@link RelationDataAccessError} for the bag of this unit's application, unless this unit is the leader or the
   *   relation is a peer relation.
   */
  async read(): Promise<RawData> {
    return this.#read();
  }

  /** The raw value of a key; undefined when it is absent. */
  async get(key: keyof Data & string): Promise<string | undefined> {
    const data = await this.#read();
    return Object.hasOwn(data, key) ? data[key] : undefined;
  }

  /**
   * Reads the requested fields, each from the JSON value of its key, the format of `ops`. Ignores other keys, such as
   * Juju's and those of newer versions of the other charm.
   *
   * @throws {@link RelationDataFormatError} when a value is not JSON, or when its reader rejects it.
   */
  async load<Fields extends Partial<Data>>(readers: FieldReaders<Fields>): Promise<Readonly<Fields>>;
  /**
   * Validates and converts the whole bag by a schema: `await relation.data("pg").load(z.object({ port: z.number() }))`.
   * Leaves out Juju's own keys and, for JSON, values that are not JSON.
   *
   * @throws {@link SchemaError}, which names the keys and none of their values.
   */
  async load<S extends StandardSchemaV1>(schema: S, options?: LoadOptions): Promise<OutputOf<S>>;
  async load(
    by: StandardSchemaV1 | Readonly<Record<string, FieldReader<unknown>>>,
    options: LoadOptions = {},
  ): Promise<unknown> {
    return isSchema(by) ? this.#loadWhole(by, options) : this.#loadFields(by);
  }

  async #loadFields(readers: Readonly<Record<string, FieldReader<unknown>>>): Promise<object> {
    const data = await this.#read();
    const fields = Object.entries(readers).map(([key, reader]) => {
      const raw = Object.hasOwn(data, key) ? data[key] : undefined;
      return [key, this.#readField(key, raw, reader)] as const;
    });
    return Object.fromEntries(fields);
  }

  async #loadWhole(schema: StandardSchemaV1, { values = "json" }: LoadOptions): Promise<unknown> {
    const own = Object.entries(await this.#read()).filter(([key]) => !JUJU_KEYS.includes(key));
    const broken = new Set<string>();
    const fields = own.flatMap(([key, text]): readonly (readonly [string, JsonValue])[] => {
      if (values === "text") return [[key, text]];
      try {
        return [[key, parseJSON(text)]];
      } catch {
        broken.add(key);
        return [];
      }
    });
    const describe = (key: string | undefined) => (key !== undefined && broken.has(key) ? " (not JSON)" : "");
    return parseBySchema(schema, Object.fromEntries(fields), describeBag(this.identity), describe);
  }

  #readField(key: string, raw: string | undefined, reader: FieldReader<unknown>): unknown {
    let value: JsonValue | undefined;
    try {
      value = raw === undefined ? undefined : parseJSON(raw);
    } catch {
      // Without the parser's error: its message contains a part of the value.
      throw new RelationDataFormatError(this.identity, key, "it is not JSON");
    }
    try {
      return reader(value);
    } catch (cause) {
      const problem = value === undefined ? "it is absent" : messageOf(cause);
      throw new RelationDataFormatError(this.identity, key, problem, { cause });
    }
  }
}
