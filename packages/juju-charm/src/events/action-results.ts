import { CodedError } from "charm-kit";

/** Results of an action. Nested records become Juju's dotted keys. */
export interface ActionResults {
  readonly [key: string]: string | number | boolean | ActionResults;
}

/** A result whose key Juju refuses. */
export class ActionResultError extends CodedError {
  readonly code = "action-result";
  readonly key: string;

  constructor(key: string, fault: string, options?: ErrorOptions) {
    super(`Cannot set the action result "${key}": ${fault}`, options);
    this.key = key;
  }
}

const SEGMENT = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const RESERVED = new Set(["stdout", "stdout-encoding", "stderr", "stderr-encoding"]);

/**
 * Renders results as `action-set` takes them: dotted keys, string values.
 *
 * @throws {@link ActionResultError} when a key is reserved or is not made of lower-case letters, digits and hyphens.
 */
export function flattenResults(results: ActionResults): Readonly<Record<string, string>> {
  const entries = [...flatten(results, [])];
  const reserved = entries.find(([key]) => RESERVED.has(key));
  if (reserved) throw new ActionResultError(reserved[0], "Juju keeps this key for itself");
  return Object.fromEntries(entries);
}

function* flatten(results: ActionResults, path: readonly string[]): Generator<[string, string]> {
  for (const [segment, value] of Object.entries(results)) {
    const deeper = [...path, segment];
    const key = deeper.join(".");
    if (!SEGMENT.test(segment)) {
      throw new ActionResultError(key, "use lower-case letters, digits and inner hyphens");
    }
    if (typeof value === "object") yield* flatten(value, deeper);
    else yield [key, String(value)];
  }
}
