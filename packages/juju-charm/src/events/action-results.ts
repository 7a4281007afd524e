import { CodedError } from "charm-kit";

/** Results of an action. Nested records become Juju's dotted keys. */
export interface ActionResults {
  readonly [key: string]: string | number | boolean | ActionResults;
}

/** Juju does not accept the key of an action result. */
export class ActionResultError extends CodedError {
  readonly code = "action-result";
  readonly key: string;

  constructor(key: string, problem: string, options?: ErrorOptions) {
    super(`Cannot set the action result "${key}": ${problem}`, options);
    this.key = key;
  }
}

const SEGMENT = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const RESERVED = new Set(["stdout", "stdout-encoding", "stderr", "stderr-encoding"]);

/**
 * Renders results for `action-set`, as dotted keys and string values.
 *
 * @throws {@link ActionResultError} when a key is reserved or has characters besides lower-case letters, digits and
 *   inner hyphens.
 */
export function flattenResults(results: ActionResults): Readonly<Record<string, string>> {
  const entries = [...flatten(results, [])];
  const reserved = entries.find(([key]) => RESERVED.has(key));
  if (reserved) throw new ActionResultError(reserved[0], "Juju reserves this key");
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
