import { CodedError } from "charm-kit";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { HookTools, JsonObject, JsonValue } from "../tools/hook-tools.ts";
import { JujuSecret } from "./juju-secret.ts";
import { parseBySchema, type OutputOf } from "./schema.ts";

/** The value of an option of the type `secret`: the URI of a secret. */
export type SecretURI = `secret:${string}`;

/** Names of the options of the type `secret`. Without generated types, of all options. */
export type SecretOptionOf<Options extends object> = {
  [Name in keyof Options & string]: NonNullable<Options[Name]> extends SecretURI
    ? Name
    : JsonValue extends Options[Name]
      ? Name
      : never;
}[keyof Options & string];

/** The value of an option is not the URI of a secret. No member holds the value. */
export class SecretOptionError extends CodedError {
  readonly code = "secret-option";
  readonly option: string;

  constructor(option: string, options?: ErrorOptions) {
    super(`Cannot read the secret of the option ${option}: its value is not a secret URI`, options);
    this.option = option;
  }
}

/** The application's options, read on demand. */
export class CharmConfig<Options extends object = JsonObject> {
  readonly #tools: HookTools;

  constructor(tools: HookTools) {
    this.#tools = tools;
  }

  /** Options with a value or a default. They do not change within a dispatch and are read once. */
  async read(): Promise<Readonly<Options>> {
    return (await this.#tools.configGet()) as Options;
  }

  /**
   * The options, validated and converted as a whole: `await this.config.load(z.object({ port: z.number().max(65535) }))`.
   *
   * @throws {@link SchemaError}, which names the options and none of their values.
   */
  async load<S extends StandardSchemaV1>(schema: S): Promise<OutputOf<S>> {
    return parseBySchema(schema, await this.#tools.configGet(), "the options");
  }

  /**
   * The secret of an option of the type `secret`; undefined when the option has no value.
   *
   * @throws {@link SecretOptionError} when the value is not a secret URI.
   */
  async secret(name: SecretOptionOf<Options>): Promise<JujuSecret | undefined> {
    const options = await this.#tools.configGet();
    const value = Object.hasOwn(options, name) ? options[name] : undefined;
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value !== "string" || !value.startsWith("secret:")) throw new SecretOptionError(name);
    return new JujuSecret({ id: value }, this.#tools);
  }
}
