import { join } from "node:path";
import { Redactor, type LogLevel } from "charm-kit";
import type { CharmInstance } from "../charm.ts";
import { createEvent } from "../events/create-event.ts";
import { Emitter } from "../events/emitter.ts";
import { NoticeQueue } from "../events/notice-queue.ts";
import { Observers } from "../events/observers.ts";
import { Framework } from "../framework.ts";
import { JujuLog } from "../log/juju-log.ts";
import { FileStateBackend } from "../state/file-state-backend.ts";
import type { StateBackend } from "../state/state-backend.ts";
import { StoredState } from "../state/stored-state.ts";
import type { HookTools } from "../tools/hook-tools.ts";
import { redactHookTools } from "../tools/redact-hook-tools.ts";
import { RelationWrites } from "../tools/relation-writes.ts";
import type { DispatchWitness } from "./dispatch-witness.ts";
import type { JujuContext } from "./juju-context.ts";
import { runDispatch } from "./run-dispatch.ts";

/** Name of the state file in the charm's directory. */
export const STATE_FILE = ".unit-state.json";

/** Where the unit remembers: in a file beside the charm, or with Juju's controller. */
export type StateLocation = "file" | "juju";

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
  /**
   * Where the stored state is.
   *
   * `file` is `.unit-state.json` in the charm's directory. It survives upgrades on a machine and costs nothing. `juju`
   * uses `state-get` and `state-set`: it survives the machine as well, costs a tool in every dispatch and holds at most
   * 64 KiB a slot.
   *
   * @default "file"
   */
  readonly state?: StateLocation | StateBackend;
  /**
   * The least important lines that are logged.
   *
   * @default "TRACE"
   */
  readonly logLevel?: LogLevel;
  /** Is told what happens. */
  readonly witness?: DispatchWitness;
}

/** Exit code of the charm's process. Juju tells only zero from the rest. */
export type ExitCode = 0 | 1;

/**
 * Runs one dispatch: makes the charm, brings deferred events again, emits the event, collects statuses, emits
 * `pre-commit` and `commit`, commits the stored state, drains the log.
 *
 * An event that nobody observes costs one line on standard output; an action that nobody observes fails. A handler that
 * throws fails the hook and leaves the stored state and the deferred events as they were. Nothing is thrown.
 *
 * @returns 1 when Juju is to regard the hook as failed.
 */
export async function dispatch(
  createCharm: (framework: Framework) => CharmInstance,
  options: DispatchOptions,
): Promise<ExitCode> {
  const { context, signal } = options;
  const redactor = new Redactor();
  const log = openLog(options, redactor);
  const writes = new RelationWrites(redactHookTools(options.tools, redactor), context);
  const { tools } = writes;
  const state = new StoredState(await openState(options));
  const observers = new Observers();
  const queue = new NoticeQueue(state);
  const emitter = new Emitter({
    observers,
    queue,
    log: log.logger,
    signal,
    onEmit: (record) => options.witness?.emitting(record),
    create: (record, parts) => createEvent(record, parts, { context, tools }),
  });
  const parts = { context, tools, log: log.logger, state, redactor, signal, observers, emitter };
  try {
    const work = runDispatch(() => createCharm(new Framework(parts)), { ...parts, queue, writes });
    await (options.fault ? Promise.race([work, options.fault]) : work);
    return 0;
  } catch (thrown) {
    options.witness?.failed(thrown);
    const { reportError } = await import("./error-report.ts");
    log.logger.error(`Uncaught error in ${context.dispatched.name}: ${reportError(thrown)}`);
    return 1;
  } finally {
    await log.drain();
  }
}

function openLog({ context, tools, writeLine, logLevel }: DispatchOptions, redactor: Redactor): JujuLog {
  const debug = context.dispatched.kind === "action" ? "juju-log" : "stdout";
  const scrub = (text: string) => redactor.scrub(text);
  return new JujuLog({ tools, scrub, writeLine, debug, ...(logLevel && { level: logLevel }) });
}

async function openState({ context, tools, state = "file" }: DispatchOptions): Promise<StateBackend> {
  if (typeof state === "object") return state;
  if (state === "file") return new FileStateBackend(join(context.charmDir, STATE_FILE));
  const { JujuStateBackend } = await import("../state/juju-state-backend.ts");
  return new JujuStateBackend(tools);
}
