import type { StandardSchemaV1 } from "@standard-schema/spec";
import { CodedError } from "charm-kit";

/**
 * A schema of any library that implements [Standard Schema](https://standardschema.dev), such as zod, valibot or ArkType.
 * Its output is typed.
 */
export type Schema<Output = unknown> = StandardSchemaV1<unknown, Output>;

/** The type of the values that a schema returns. */
export type OutputOf<S extends StandardSchemaV1> = StandardSchemaV1.InferOutput<S>;

/** Data does not fit the charm's schema. Names paths; no member holds a value or a message, which may be secret. */
export class SchemaError extends CodedError {
  readonly code = "schema";
  /** What was read, such as `the options`. */
  readonly subject: string;
  /** Paths in the data, such as `labels[0]` or `tls.mode`. Empty when the data as a whole does not fit. */
  readonly paths: readonly string[];

  constructor(subject: string, paths: readonly string[], options?: ErrorOptions) {
    const part =
      paths.length === 0 ? "the whole does" : `${paths.join(", ")} ${paths.length === 1 ? "does" : "do"}`;
    super(`Cannot use ${subject}: ${part} not fit the charm's schema`, options);
    this.subject = subject;
    this.paths = paths;
  }
}

/** Most paths in an error: the other side of a relation chooses how many are wrong. */
const MOST_PATHS = 20;
/** Longest path in an error, in characters. */
const LONGEST_PATH = 100;

/**
 * Validates data as a whole, and converts it.
 *
 * @param describe adds to a path, for example that its text is not JSON.
 * @throws {@link SchemaError}
 */
export async function parseBySchema<S extends StandardSchemaV1>(
  schema: S,
  data: unknown,
  subject: string,
  describe: (key: string | undefined) => string = () => "",
): Promise<OutputOf<S>> {
  const result = await schema["~standard"].validate(data);
  if (result.issues === undefined) return result.value;
  const all = result.issues.map(({ path = [] }) => {
    const keys = path.map((part) => (typeof part === "object" ? part.key : part));
    const shown = keys.map(textOf).join("").replace(/^\./, "").slice(0, LONGEST_PATH);
    return shown === "" ? "" : shown + describe(keys[0]?.toString());
  });
  const paths = [...new Set(all)].filter((path) => path !== "").slice(0, MOST_PATHS);
  throw new SchemaError(subject, paths);
}

function textOf(key: PropertyKey): string {
  return typeof key === "number" ? `[${key}]` : `.${key.toString()}`;
}

/** Whether an argument is a schema. Those of some libraries are functions. */
export function isSchema(value: object): value is StandardSchemaV1 {
  return "~standard" in value;
}
