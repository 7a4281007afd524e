/** The symbol of `node:util`, without the import: that costs 2 ms at each start. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");
/** What a {@link Secret} shows instead of its value. Text that holds it was made from a secret by mistake. */
export const REDACTED = "[redacted]";

/**
 * A secret value. Text, JSON and inspection show `[redacted]`. Call `reveal()` only where the value goes on the wire.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [INSPECT](): string {
    return REDACTED;
  }
}
