import { DataBag, type AnyRelationData, type RawData } from "./data-bag.ts";
import { RelationDataTypeError, type DataBagIdentity } from "./relation-data-errors.ts";

/** Access functions of an {@link OwnDataBag}. */
export interface OwnDataBagDependencies {
  readonly read: () => Promise<RawData>;
  /** Writes data, after an access check. An empty value removes a key. */
  readonly write: (data: RawData) => Promise<void>;
}

/**
 * The data that this unit or, on the leader, its application shares in a relation. Other units see writes after the hook
 * succeeds; this dispatch sees them immediately. All writes to a bag become one `relation-set`.
 */
export class OwnDataBag<Data extends object = AnyRelationData> extends DataBag<Data> {
  readonly #write: (data: RawData) => Promise<void>;

  constructor(identity: DataBagIdentity, { read, write }: OwnDataBagDependencies) {
    super(identity, read);
    this.#write = write;
  }

  /** Writes a raw value. An empty one removes the key. */
  async set(key: keyof Data & string, value: string): Promise<void> {
    await this.update({ [key]: value } as Partial<Record<keyof Data & string, string>>);
  }

  /** Removes a key. Ignores an absent key. */
  async delete(key: keyof Data & string): Promise<void> {
    await this.set(key, "");
  }

  /**
   * Writes several raw values. Empty and undefined values remove their keys.
   *
   * @throws {@link RelationDataTypeError} when a key is empty or a value is not a string. Nothing is written then.
   * @throws {@link RelationDataAccessError} when the bag is the application's and this unit is not the leader.
   */
  async update(values: Readonly<Partial<Record<keyof Data & string, string | undefined>>>): Promise<void> {
    const data = Object.entries<unknown>(values).map(([key, value]) => {
      if (key === "") throw new RelationDataTypeError(this.identity, "a key is empty");
      if (typeof value === "string") return [key, value] as const;
      if (value === undefined) return [key, ""] as const;
      throw new RelationDataTypeError(
        this.identity,
        `the value of "${key}" is not a string; use save() for JSON`,
      );
    });
    if (data.length > 0) await this.#write(Object.fromEntries(data));
  }

  /**
   * Writes fields as JSON values of their keys, the format of `ops`. Undefined fields remove their keys.
   *
   * @throws the errors of {@link update}.
   */
  async save(fields: Readonly<Partial<Data>>): Promise<void> {
    const data = Object.entries<unknown>(fields).map(([key, value]) => [
      key,
      // JSON.stringify(undefined) is undefined.
      JSON.stringify(value) as string | undefined,
    ]);
    await this.update(Object.fromEntries(data) as Partial<Record<keyof Data & string, string | undefined>>);
  }
}
