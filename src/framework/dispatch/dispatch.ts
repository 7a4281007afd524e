import { join } from "node:path";
import { CharmError, messageOf } from "../../support/errors.ts";
import { Redactor } from "../../support/redactor.ts";
import type { Charm } from "../charm.ts";
import { collectStatus } from "./collect-status.ts";
import { emitDispatched, kindOf } from "./emit-dispatched.ts";
import { reportError } from "./error-report.ts";
import { Framework } from "../framework.ts";
import type { HookTools } from "../tools/hook-tools.ts";
import type { JujuContext } from "./juju-context.ts";
import { JujuLog } from "../log/juju-log.ts";
import { redactHookTools } from "../tools/redact-hook-tools.ts";
import { StoredState } from "../state/stored-state.ts";

/** Name of the state file in the charm's directory. */
export const STATE_FILE = ".unit-state.json";

/** The world around a dispatch. */
export interface DispatchOptions {
  readonly context: JujuContext;
  readonly tools: HookTools;
  /** Writes a line to standard output. */
  readonly writeLine: (line: string) => void;
  /** Aborted when Juju ends the dispatch early. */
  readonly signal: AbortSignal;
  /** Rejects when something outside of the handlers throws; that fails the dispatch as a handler would. */
  readonly fault?: Promise<never>;
}

/** Exit code of the charm's process. Juju tells only zero from the rest. */
export type ExitCode = 0 | 1;

/**
 * Runs one dispatch: makes the charm, emits the event, collects statuses, commits the stored state, drains the log.
 *
 * An event that nobody observes costs one line on standard output; an action that nobody observes fails. A handler that
 * throws fails the hook and leaves the stored state as it was. Nothing is thrown.
 *
 * @returns 1 when Juju is to regard the hook as failed.
 */
export async function dispatch(
  createCharm: (framework: Framework) => Charm,
  options: DispatchOptions,
): Promise<ExitCode> {
  const { context, writeLine, signal } = options;
  const redactor = new Redactor();
  const tools = redactHookTools(options.tools, redactor);
  const scrub = (text: string) => redactor.scrub(text);
  const debug = context.dispatched.kind === "action" ? "juju-log" : "stdout";
  const log = new JujuLog({ tools: options.tools, scrub, writeLine, debug });
  const state = new StoredState(join(context.charmDir, STATE_FILE));
  const framework = new Framework({ context, tools, log: log.logger, state, redactor, signal });
  try {
    const work = run(createCharm, framework);
    await (options.fault ? Promise.race([work, options.fault]) : work);
    return 0;
  } catch (thrown) {
    log.logger.error(`Uncaught error in ${context.dispatched.name}: ${reportError(thrown)}`);
    return 1;
  } finally {
    await log.drain();
  }
}

async function run(createCharm: (framework: Framework) => Charm, framework: Framework): Promise<void> {
  const { dispatched } = framework.context;
  createCharm(framework);
  if (framework.isObserved(kindOf(dispatched))) {
    const succeeded = dispatched.kind === "action" ? await runAction(framework) : await runHook(framework);
    await collectStatus(framework);
    if (succeeded) await framework.state.commit();
  } else if (dispatched.kind === "action") {
    await framework.tools.actionFail(`Cannot run ${dispatched.name}: this charm has no code for the action`);
  } else {
    framework.log.debug("Nobody observes the event", { event: dispatched.name });
  }
}

async function runHook(framework: Framework): Promise<true> {
  await emitDispatched(framework);
  return true;
}

/** Juju delivers results and failure of an action whose process succeeds, so what a handler throws ends here. */
async function runAction(framework: Framework): Promise<boolean> {
  try {
    await emitDispatched(framework);
    return true;
  } catch (thrown) {
    if (framework.signal.aborted) throw thrown;
    if (!(thrown instanceof CharmError)) {
      framework.log.error(`Uncaught error in ${framework.context.dispatched.name}: ${reportError(thrown)}`);
    }
    await framework.tools.actionFail(messageOf(thrown));
    return false;
  }
}
