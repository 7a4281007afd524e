import type { HookTools } from "../tools/hook-tools.ts";
import type { StorageAttributes } from "../tools/storage-tools.ts";

/** A storage instance attached to the unit. */
export class Storage<Name extends string = string> {
  /** Name in the charm's metadata. */
  readonly name: Name;
  /** `name/n`. */
  readonly id: string;
  readonly #attributes: () => Promise<StorageAttributes>;

  /** @param id `name/n`. */
  constructor(name: Name, id: string, tools: Pick<HookTools, "storageGet">) {
    this.name = name;
    this.id = id;
    this.#attributes = () => tools.storageGet(id);
  }

  /** The number after the slash of its ID. */
  get index(): number {
    return Number(this.id.slice(this.id.lastIndexOf("/") + 1));
  }

  /** Mount point, or path of the block device. */
  async location(): Promise<string> {
    return (await this.#attributes()).location;
  }

  /** `filesystem` or `block`. */
  async kind(): Promise<string> {
    return (await this.#attributes()).kind;
  }
}
