import { DataBag, type AnyRelationData, type RawData } from "./data-bag.ts";
import { RelationDataTypeError, type DataBagPlace } from "./relation-data-errors.ts";

/** What a writable bag is made of. */
export interface OwnDataBagParts {
  readonly read: () => Promise<RawData>;
  /** Shares data, after it has made sure that this unit may. An empty value takes a key away. */
  readonly write: (data: RawData) => Promise<void>;
}

/**
 * What this unit, or its application by the leader, shares in a relation. The others see what was written once the hook
 * has succeeded; this dispatch sees it at once. All writes to a bag go to Juju together, as one `relation-set`.
 */
export class OwnDataBag<Data extends object = AnyRelationData> extends DataBag<Data> {
  readonly #write: (data: RawData) => Promise<void>;

  constructor(place: DataBagPlace, { read, write }: OwnDataBagParts) {
    super(place, read);
    this.#write = write;
  }

  /** Writes a value as it is; an empty one takes the key away. */
  async set(key: keyof Data & string, value: string): Promise<void> {
    await this.update({ [key]: value } as Partial<Record<keyof Data & string, string>>);
  }

  /** Takes a key away; of an absent key nothing. */
  async delete(key: keyof Data & string): Promise<void> {
    await this.set(key, "");
  }

  /**
   * Writes several values as they are; empty and undefined ones take their keys away.
   *
   * @throws {@link RelationDataTypeError} when a key is empty or a value is no text. Nothing is written then.
   * @throws {@link RelationDataAccessError} when it is the application's bag and this unit is not the leader.
   */
  async update(values: Readonly<Partial<Record<keyof Data & string, string | undefined>>>): Promise<void> {
    const data = Object.entries<unknown>(values).map(([key, value]) => {
      if (key === "") throw new RelationDataTypeError(this.place, "a key is empty");
      if (typeof value === "string") return [key, value] as const;
      if (value === undefined) return [key, ""] as const;
      throw new RelationDataTypeError(this.place, `the value of "${key}" is not a text; save() writes JSON`);
    });
    if (data.length > 0) await this.#write(Object.fromEntries(data));
  }

  /**
   * Writes fields as JSON, each under its own key, as `ops` does; undefined ones take their keys away.
   *
   * @throws what {@link update} throws.
   */
  async save(fields: Readonly<Partial<Data>>): Promise<void> {
    const data = Object.entries<unknown>(fields).map(([key, value]) => [
      key,
      // Of undefined, JSON is undefined.
      JSON.stringify(value) as string | undefined,
    ]);
    await this.update(Object.fromEntries(data) as Partial<Record<keyof Data & string, string | undefined>>);
  }
}
