/** Results of an action, nested as the dots of their keys say. */
export interface ActionResults {
  readonly [key: string]: string | ActionResults;
}

/** One result, as `action-set` is given it. */
export interface ActionResult {
  /** Members of a dotted key. */
  readonly path: readonly string[];
  readonly value: string;
}

/** Results with more of them; a later value wins over an earlier one of another shape. */
export function withResults(results: ActionResults, more: readonly ActionResult[]): ActionResults {
  return more.reduce((all, { path, value }) => withResult(all, path, value), results);
}

function withResult(results: ActionResults, path: readonly string[], value: string): ActionResults {
  const [head = "", ...rest] = path;
  if (rest.length === 0) return { ...results, [head]: value };
  const inner = Object.hasOwn(results, head) ? results[head] : undefined;
  return { ...results, [head]: withResult(typeof inner === "object" ? inner : {}, rest, value) };
}
