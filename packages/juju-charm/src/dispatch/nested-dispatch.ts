import type { Environment } from "./environment.ts";
import { JujuContextError } from "./juju-context-error.ts";

/** Variable in the environment of child processes with the hook context of the running dispatch. */
const MARK = "CHARM_DISPATCH_CONTEXT";

/**
 * Rejects a dispatch that the charm starts within a dispatch. Both would overwrite the same stored state, and a charm
 * that starts its own hook would never end.
 *
 * @throws {@link JujuContextError} in such a dispatch.
 */
export function assertFirstDispatch(env: Environment): void {
  const { [MARK]: mark, JUJU_CONTEXT_ID: context } = env;
  if (mark === undefined || mark !== context) return;
  throw new JujuContextError(
    "JUJU_CONTEXT_ID",
    "belongs to a running dispatch; call the charm's code instead of its hook",
  );
}

/** Marks the environment of child processes. */
export function markDispatch(
  children: Record<string, string | undefined>,
  { JUJU_CONTEXT_ID: context }: Environment,
): void {
  if (context !== undefined) children[MARK] = context;
}
