import type { FrameworkDependencies } from "../framework.ts";
import type { NoticeQueue } from "../events/notice-queue.ts";
import type { RelationWrites } from "../tools/relation-writes.ts";
import { collectStatus } from "./collect-status.ts";
import { DeferredEventError } from "./deferred-event-error.ts";
import { recordOf } from "./event-record.ts";
import { nextTurn } from "./next-turn.ts";
import { UnobservedEventError } from "./unobserved-event-error.ts";
import { StopWithStatus } from "./stop-with-status.ts";

/** Services of {@link runDispatch}. */
export interface DispatchDependencies extends FrameworkDependencies {
  readonly queue: NoticeQueue;
  readonly writes: RelationWrites;
  /** Whether an event without observers fails. */
  readonly mustBeObserved: boolean;
}

/** Result of the dispatched event: done, or stopped with a status. */
type Outcome = "done" | "stopped";

/**
 * Creates the charm and runs the dispatch. Rejects with the error of a handler, or with
 * {@link UnobservedEventError}, without a commit.
 */
export async function runDispatch(
  createCharm: () => unknown,
  dependencies: DispatchDependencies,
): Promise<void> {
  const { context, tools, log, observers, queue, mustBeObserved } = dependencies;
  const { dispatched } = context;
  const construction = await stoppable(createCharm, dependencies);
  if (construction === "stopped") return;
  const lost = await queue.load();
  if (lost > 0) log.warning("Dropping deferred events that cannot be read", { count: lost });
  const isObserved = observers.has(recordOf(dispatched).kind);
  const isCollected = observers.has("collect-unit-status") || observers.has("collect-app-status");
  if (!isObserved && mustBeObserved)
    throw new UnobservedEventError(dispatched.name, observers.customEvents());
  if (isObserved || isCollected || queue.notices.length > 0) await handleEvents(dependencies);
  if (isObserved) return;
  if (dispatched.kind === "action") {
    await tools.actionFail(`Cannot run ${dispatched.name}: no handler of this charm observes the action`);
  } else log.debug("No handler observes the event", { event: dispatched.name });
}

async function handleEvents(dependencies: DispatchDependencies): Promise<void> {
  await reemitDeferred(dependencies);
  if ((await emitDispatched(dependencies)) !== "stopped") await collectStatus(dependencies);
  await commit(dependencies);
}

async function reemitDeferred({ context, emitter, queue, tools }: DispatchDependencies): Promise<void> {
  if (queue.notices.length === 0) return;
  try {
    await emitter.reemit((status) => tools.statusSet(status));
  } catch (thrown) {
    // The caller of an action learns that its own handlers did not run.
    if (context.dispatched.kind === "action") throw new DeferredEventError(context.dispatched.name, thrown);
    throw thrown;
  }
}

async function emitDispatched(dependencies: DispatchDependencies): Promise<Outcome> {
  const { context, emitter } = dependencies;
  const record = recordOf(context.dispatched);
  if (context.dispatched.kind === "action") return runAction(() => emitter.emit(record), dependencies);
  return stoppable(() => emitter.emit(record), dependencies);
}

async function stoppable(work: () => unknown, { tools }: DispatchDependencies): Promise<Outcome> {
  try {
    await work();
    return "done";
  } catch (thrown) {
    if (!(thrown instanceof StopWithStatus)) throw thrown;
    await tools.statusSet(thrown.status);
    return "stopped";
  }
}

/** {@link StopWithStatus} is a failure on purpose. Any other error fails the process, so that Juju drops all writes. */
async function runAction(work: () => Promise<void>, { tools }: DispatchDependencies): Promise<Outcome> {
  try {
    await work();
  } catch (thrown) {
    if (!(thrown instanceof StopWithStatus)) throw thrown;
    await tools.actionFail(thrown.message);
  }
  return "done";
}

async function commit({ emitter, queue, state, writes, calls }: DispatchDependencies): Promise<void> {
  await emitter.emit({ kind: "pre-commit", facts: {} });
  await emitter.emit({ kind: "commit", facts: {} });
  // Node.js reports a rejection that nobody handles only after the promises that can settle now.
  await nextTurn();
  calls.assertNone();
  calls.assertOpen();
  await writes.flush();
  await queue.save();
  calls.assertOpen();
  await state.commit();
}
