import type { JsonObject } from "juju-charm";
import { wrong, type Fault } from "../configuration-faults.ts";
import { configurationSchema, type OptionName } from "../configuration-schema.ts";
import type { GithubRunnerTypes } from "../metadata.generated.ts";

/** Names of the options whose values are of a type. */
export type OptionOf<Value> = {
  [Name in keyof GithubRunnerTypes["options"]]: GithubRunnerTypes["options"][Name] extends Value
    ? Name
    : never;
}[keyof GithubRunnerTypes["options"]] &
  OptionName;

/** A value that an option cannot have; `message` is the fault alone. */
export class OptionFault extends Error {}

/** Checks single options by the schema and returns what is wrong with them. */
export type CheckOptions = (options: JsonObject) => readonly Fault[];

/** Reads options one by one and gathers what is wrong with them, one fault for each. */
export class OptionReader {
  readonly #options: JsonObject;
  readonly #faults: Fault[];

  /** @param options what `config-get` answers; blanks around texts count for nothing. */
  constructor(options: JsonObject, check: CheckOptions) {
    this.#options = Object.fromEntries(
      Object.entries(options).map(([name, value]) => [
        name,
        typeof value === "string" ? value.trim() : value,
      ]),
    );
    this.#faults = [...check(this.#options)];
  }

  /** In the order in which the options are declared; what is no option comes last. */
  get faults(): readonly Fault[] {
    const order = Object.keys(configurationSchema.properties);
    const place = ({ option }: Fault) => (order.includes(option) ? order.indexOf(option) : order.length);
    return this.#faults.toSorted((left, right) => place(left) - place(right));
  }

  /** The text of an option; one that is not set is "". */
  text(name: OptionOf<string>): string {
    const value = this.#options[name];
    return typeof value === "string" ? value : "";
  }

  whole(name: OptionOf<number>): number {
    const value = this.#options[name];
    return typeof value === "number" ? value : 0;
  }

  flag(name: OptionOf<boolean>): boolean {
    return this.#options[name] === true;
  }

  /** Whether nothing is wrong with an option so far. */
  isSound(name: string): boolean {
    return !this.#faults.some(({ option }) => option === name);
  }

  /** Reads the text of an option, unless something is wrong with it already. */
  parse<T>(name: OptionOf<string>, parse: (text: string) => T): T | undefined {
    if (!this.isSound(name)) return undefined;
    try {
      return parse(this.text(name));
    } catch (thrown) {
      if (!(thrown instanceof OptionFault)) throw thrown;
      this.#faults.push(wrong(name, thrown.message));
      return undefined;
    }
  }

  /** Notes what is wrong with an option, unless something else was before. */
  refuse(...faults: readonly Fault[]): void {
    this.#faults.push(...faults.filter(({ option }) => this.isSound(option)));
  }
}

/** The items of a comma separated list, without the empty ones. */
export function listed(text: string): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean);
}

/**
 * The items of a list, all checked.
 *
 * @param nouns what an item is, and what several are.
 * @throws {@link OptionFault} that names every bad one.
 */
export function checkedList(
  text: string,
  isGood: (item: string) => boolean,
  nouns: readonly [one: string, several: string],
): readonly string[] {
  const items = listed(text);
  const bad = items.filter((item) => !isGood(item)).map((item) => JSON.stringify(item));
  const [one, several] = nouns;
  if (bad.length === 0) return items;
  throw new OptionFault(`${bad.join(", ")} ${bad.length === 1 ? `is no ${one}` : `are no ${several}`}`);
}
