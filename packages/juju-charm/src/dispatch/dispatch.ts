import { join } from "node:path";
import { messageOf, Redactor, withDeadline, type Logger, type LogLevel } from "charm-kit";
import type { CharmInstance } from "../charm.ts";
import { createEvent } from "../events/create-event.ts";
import { Emitter } from "../events/emitter.ts";
import { lostSubject } from "../events/lost-subject.ts";
import { NoticeQueue } from "../events/notice-queue.ts";
import { Observers } from "../events/observers.ts";
import { Framework } from "../framework.ts";
import { JujuLog } from "../log/juju-log.ts";
import { dispatchedRelation } from "../model/relation.ts";
import { FileStateBackend } from "../state/file-state-backend.ts";
import type { StateBackend } from "../state/state-backend.ts";
import { StoredState } from "../state/stored-state.ts";
import type { HookTools } from "../tools/hook-tools.ts";
import { redactHookTools } from "../tools/redact-hook-tools.ts";
import { RelationWrites } from "../tools/relation-writes.ts";
import type { DispatchListener } from "./dispatch-listener.ts";
import type { JujuContext } from "./juju-context.ts";
import { RunningCalls } from "./running-calls.ts";
import { runDispatch } from "./run-dispatch.ts";
import { UnobservedEventError } from "./unobserved-event-error.ts";
import { NO_TRACER, type SpanStart, type Tracer } from "./tracer.ts";

/** Name of the state file in the charm directory. */
export const STATE_FILE = ".unit-state.json";

/** Time limit for the delivery of spans. */
const TRACER_LIMIT_MS = 5000;

/** Location of the stored state: a file in the charm directory, or the Juju controller. */
export type StateLocation = "file" | "juju";

/** Options of {@link dispatch}. */
export interface DispatchOptions {
  readonly context: JujuContext;
  readonly tools: HookTools;
  /** Writes a line to standard output. */
  readonly writeLine: (line: string) => void;
  /**
   * Writes a line to standard error: the reason why an action failed, which Juju shows to its caller.
   *
   * @default discards it
   */
  readonly writeError?: (line: string) => void;
  /** Aborted when Juju ends the dispatch early. */
  readonly signal: AbortSignal;
  /** Rejects with an error that is thrown outside of the handlers. It fails the dispatch like an error in a handler. */
  readonly uncaught?: Promise<never>;
  /**
   * Location of the stored state.
   *
   * `file` is `.unit-state.json` in the charm directory. It survives charm upgrades on a machine and runs no hook tool.
   * `juju` uses `state-get` and `state-set`. It also survives the loss of the machine, runs a hook tool in every
   * dispatch, and holds at most 64 KiB per slot.
   *
   * @default "file"
   */
  readonly state?: StateLocation | StateBackend;
  /**
   * Lowest log level that is written.
   *
   * @default "TRACE"
   */
  readonly logLevel?: LogLevel;
  /**
   * Whether an event without observers fails the dispatch with exit code 2, before anything is done. For events that a
   * person names: Juju may have hooks that the charm does not know.
   *
   * @default false
   */
  readonly mustBeObserved?: boolean;
  /**
   * Receives the spans of the dispatch, its handlers and its hook tool calls.
   *
   * @default none
   */
  readonly tracer?: Tracer;
  /** Receives notifications about the dispatch. */
  readonly listener?: DispatchListener;
}

/** Exit code of the charm process. For Juju, every code but 0 is a failure; 2 is an event that must be observed and is not. */
export type ExitCode = 0 | 1 | 2;

/**
 * Runs one dispatch: creates the charm, re-emits deferred events, emits the event, collects statuses, emits
 * `pre-commit` and `commit`, commits the stored state, and drains the log.
 *
 * An event without observers only logs one line to standard output, and collects statuses if they have observers. An
 * action without observers fails. A handler that throws, or that ends while a call of a hook tool is running, fails the
 * hook or the action: Juju drops all its writes, and stored state and deferred events stay unchanged. Never rejects.
 *
 * @returns 1 when the hook failed, or an action that did not fail on purpose; 2 when the event must be observed and is
 *   not.
 */
export async function dispatch(
  createCharm: (framework: Framework) => CharmInstance,
  options: DispatchOptions,
): Promise<ExitCode> {
  const { context, signal, mustBeObserved = false, tracer = NO_TRACER } = options;
  const redactor = new Redactor();
  const log = openLog(options, redactor);
  const writes = new RelationWrites(redactHookTools(options.tools, redactor), {
    ...context,
    relation: dispatchedRelation(context)?.id,
  });
  const calls = new RunningCalls(tracer);
  const tools = calls.track(writes.tools);
  const state = new StoredState(await openState(options));
  const observers = new Observers();
  const queue = new NoticeQueue(state);
  const emitter = new Emitter({
    observers,
    queue,
    log: log.logger,
    signal,
    calls,
    onEmit: (record) => options.listener?.emitting(record),
    lost: (record) => lostSubject(record, { context, tools }),
    create: (record, parts) => createEvent(record, parts, { context, tools }),
  });
  const parts = { context, tools, log: log.logger, state, redactor, signal, observers, emitter, calls };
  try {
    const create = async () => {
      const charm = createCharm(new Framework(parts));
      await options.listener?.created?.(charm);
    };
    const work = tracer.span(spanOf(context), () =>
      runDispatch(create, { ...parts, queue, writes, mustBeObserved }),
    );
    await (options.uncaught ? Promise.race([work, options.uncaught]) : work);
    calls.close(undefined);
    return 0;
  } catch (thrown) {
    calls.close(thrown);
    options.listener?.failed(thrown);
    if (thrown instanceof UnobservedEventError) {
      options.writeError?.(thrown.message);
      return 2;
    }
    const { reportError } = await import("./error-report.ts");
    log.logger.error(`Uncaught error in ${context.dispatched.name}: ${reportError(thrown)}`);
    if (context.dispatched.kind === "action") options.writeError?.(redactor.scrub(messageOf(thrown)));
    return 1;
  } finally {
    await closeTracer(options, log.logger);
    await log.drain();
  }
}

function spanOf({ dispatched, unitName, model, jujuVersion }: JujuContext): SpanStart {
  const attributes = {
    "juju.unit": unitName,
    "juju.model": model.name,
    "juju.model.uuid": model.uuid,
    "juju.version": jujuVersion,
  };
  return { kind: "dispatch", name: dispatched.name, attributes };
}

/** Spans that cannot be delivered must not fail the hook. */
async function closeTracer({ tracer, signal }: DispatchOptions, log: Logger): Promise<void> {
  const close = tracer?.close?.bind(tracer);
  if (!close) return;
  try {
    await withDeadline("deliver the spans of the dispatch", TRACER_LIMIT_MS, signal, close);
  } catch (thrown) {
    log.warning("Cannot deliver the spans of the dispatch", { reason: messageOf(thrown) });
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
