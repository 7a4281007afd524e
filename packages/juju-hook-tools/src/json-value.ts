/** A value of `config-get` or `action-get`, as JSON gives it. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A JSON object; its members by name. */
export type JsonObject = Readonly<Record<string, JsonValue>>;
