import { messageOf } from "charm-kit";
import type { JsonValue } from "juju-hook-tools";
import { parseJSON } from "../tools/json.ts";
import type { FieldReader, FieldReaders } from "./field-readers.ts";
import { RelationDataFormatError, type DataBagPlace } from "./relation-data-errors.ts";

/** Relation data that nothing is known of. */
export type AnyRelationData = Readonly<Record<string, JsonValue>>;

/** Raw relation data, as Juju keeps it. */
export type RawData = Readonly<Record<string, string>>;

/**
 * What one member of a relation shares with the others. `Data` says which keys are agreed on, and what they hold as
 * JSON; without it all keys are taken.
 *
 * Juju puts `private-address`, `ingress-address` and `egress-subnets` into the bag of each unit by itself.
 */
export class DataBag<Data extends object = AnyRelationData> {
  readonly place: DataBagPlace;
  readonly #read: () => Promise<RawData>;

  /** @param read asks for the whole bag, after it has made sure that this unit may. */
  constructor(place: DataBagPlace, read: () => Promise<RawData>) {
    this.place = place;
    this.#read = read;
  }

  /**
   * Everything in the bag, with what this dispatch wrote.
   *
   * @throws {@link RelationDataAccessError} of the own application's bag, when this unit is not the leader and the
   * relation is no peer relation.
   */
  async read(): Promise<RawData> {
    return this.#read();
  }

  /** The value of a key as it is in the bag; undefined when it is absent. */
  async get(key: keyof Data & string): Promise<string | undefined> {
    const data = await this.#read();
    return Object.hasOwn(data, key) ? data[key] : undefined;
  }

  /**
   * Reads the fields that are asked for, each from the JSON under its own key, as `ops` writes them. Other keys are
   * ignored: those of Juju are among them, and those of later versions of the other side.
   *
   * @throws {@link RelationDataFormatError} when a value is not JSON, or when its reader does not take it.
   */
  async load<Fields extends Partial<Data>>(readers: FieldReaders<Fields>): Promise<Readonly<Fields>> {
    const data = await this.#read();
    const fields = Object.entries<FieldReader<unknown>>(readers).map(([key, reader]) => {
      const raw = Object.hasOwn(data, key) ? data[key] : undefined;
      return [key, this.#readField(key, raw, reader)] as const;
    });
    return Object.fromEntries(fields) as Fields;
  }

  #readField(key: string, raw: string | undefined, reader: FieldReader<unknown>): unknown {
    let value: JsonValue | undefined;
    try {
      value = raw === undefined ? undefined : parseJSON(raw);
    } catch {
      // The parser's message has a part of the value.
      throw new RelationDataFormatError(this.place, key, "it is not JSON");
    }
    try {
      return reader(value);
    } catch (cause) {
      const fault = value === undefined ? "it is absent" : messageOf(cause);
      throw new RelationDataFormatError(this.place, key, fault, { cause });
    }
  }
}
