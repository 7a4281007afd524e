/** Results of an action, nested by the dots in their keys. */
export interface ActionResults {
  readonly [key: string]: string | ActionResults;
}

/** One result, as passed to `action-set`. */
export interface ActionResult {
  /** Segments of a dotted key. */
  readonly path: readonly string[];
  readonly value: string;
}

/** Adds results to others; a later value replaces an earlier one of another shape. */
export function withResults(results: ActionResults, more: readonly ActionResult[]): ActionResults {
  return more.reduce((all, { path, value }) => withResult(all, path, value), results);
}

function withResult(results: ActionResults, path: readonly string[], value: string): ActionResults {
  const [head = "", ...rest] = path;
  if (rest.length === 0) return { ...results, [head]: value };
  const inner = Object.hasOwn(results, head) ? results[head] : undefined;
  return { ...results, [head]: withResult(typeof inner === "object" ? inner : {}, rest, value) };
}
