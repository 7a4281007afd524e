import type { JsonObject } from "juju-charm";
import { wrong, type Fault } from "../configuration-faults.ts";
import { configurationSchema, type OptionName } from "../configuration-schema.ts";
import type { GithubRunnerTypes } from "../metadata.generated.ts";

/** Names of the options with values of a type. */
export type OptionOf<Value> = {
  [Name in keyof GithubRunnerTypes["options"]]: GithubRunnerTypes["options"][Name] extends Value
    ? Name
    : never;
}[keyof GithubRunnerTypes["options"]] &
  OptionName;

/** An invalid value of an option. `message` is only the error. */
export class OptionFault extends Error {}

/** Validates single options with the schema and returns their errors. */
export type CheckOptions = (options: JsonObject) => readonly Fault[];

/** Reads options one by one and collects their errors, at most one for each option. */
export class OptionReader {
  readonly #options: JsonObject;
  readonly #faults: Fault[];

  /** @param options the output of `config-get`; spaces around texts are ignored. */
  constructor(options: JsonObject, check: CheckOptions) {
    this.#options = Object.fromEntries(
      Object.entries(options).map(([name, value]) => [
        name,
        typeof value === "string" ? value.trim() : value,
      ]),
    );
    this.#faults = [...check(this.#options)];
  }

  /** In the declared order of the options; other names come last. */
  get faults(): readonly Fault[] {
    const order = Object.keys(configurationSchema.properties);
    const rank = ({ option }: Fault) => (order.includes(option) ? order.indexOf(option) : order.length);
    return this.#faults.toSorted((left, right) => rank(left) - rank(right));
  }

  /** The text of an option; "" when it is not set. */
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

  /** Whether an option has no error so far. */
  isSound(name: string): boolean {
    return !this.#faults.some(({ option }) => option === name);
  }

  /** Parses the text of an option, unless it already has an error. */
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

  /** Records errors of options that have none yet. */
  refuse(...faults: readonly Fault[]): void {
    this.#faults.push(...faults.filter(({ option }) => this.isSound(option)));
  }
}

/** The items of a comma-separated list, without empty ones. */
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
 * @throws {@link OptionFault} that names the bad ones.
 */
export function checkedList(
  text: string,
  isGood: (item: string) => boolean,
  nouns: readonly [one: string, several: string],
): readonly string[] {
  const items = listed(text);
  const bad = items.filter((item) => !isGood(item));
  const [one, several] = nouns;
  if (bad.length === 0) return items;
  throw new OptionFault(`${quoteSome(bad)} ${bad.length === 1 ? `is not a ${one}` : `are not ${several}`}`);
}

/** Most characters of an item, and most items, that a message repeats: a pasted text may be of any length. */
const LONGEST_QUOTE = 60;
const MOST_QUOTES = 10;

/** Items for a message: a part of them, and of each, where there is much. */
export function quoteSome(items: readonly string[]): string {
  const quoted = items
    .slice(0, MOST_QUOTES)
    .map((item) =>
      JSON.stringify(item.length > LONGEST_QUOTE ? `${item.slice(0, LONGEST_QUOTE - 1)}…` : item),
    );
  const more = items.length - quoted.length;
  return more > 0 ? `${quoted.join(", ")} and ${more} more` : quoted.join(", ");
}
