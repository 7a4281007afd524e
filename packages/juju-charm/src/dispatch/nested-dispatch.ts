import type { Environment } from "./environment.ts";
import { JujuContextError } from "./juju-context-error.ts";

/** Names the hook context that a dispatch of this framework runs in, for the processes that the charm starts. */
const MARK = "CHARM_DISPATCH_CONTEXT";

/**
 * Refuses a dispatch that the charm started itself, from within a dispatch: two of them would write over each other's
 * stored state, and a charm that starts its own hook would never end.
 *
 * @throws {@link JujuContextError} in such a dispatch.
 */
export function assertFirstDispatch(env: Environment): void {
  const { [MARK]: mark, JUJU_CONTEXT_ID: context } = env;
  if (mark === undefined || mark !== context) return;
  throw new JujuContextError(
    "JUJU_CONTEXT_ID",
    "is that of a dispatch which runs already; call the charm's own code instead",
  );
}

/** Marks the environment that child processes get. */
export function markDispatch(
  children: Record<string, string | undefined>,
  { JUJU_CONTEXT_ID: context }: Environment,
): void {
  if (context !== undefined) children[MARK] = context;
}
