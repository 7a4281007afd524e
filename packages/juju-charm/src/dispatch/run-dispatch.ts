import { CodedError, messageOf } from "charm-kit";
import type { FrameworkDependencies } from "../framework.ts";
import type { NoticeQueue } from "../events/notice-queue.ts";
import type { RelationWrites } from "../tools/relation-writes.ts";
import { collectStatus } from "./collect-status.ts";
import { recordOf } from "./event-record.ts";
import { nextTurn } from "./next-turn.ts";
import { StopWithStatus } from "./stop-with-status.ts";

/** Services of {@link runDispatch}. */
export interface DispatchDependencies extends FrameworkDependencies {
  readonly queue: NoticeQueue;
  readonly writes: RelationWrites;
}

/** Result of the dispatched event: done, stopped with a status, or (actions only) failed. */
type Outcome = "done" | "stopped" | "failed";

/** Creates the charm and runs the dispatch. Rejects with the error of a handler, without a commit. */
export async function runDispatch(
  createCharm: () => unknown,
  dependencies: DispatchDependencies,
): Promise<void> {
  const { context, tools, log, observers, queue } = dependencies;
  const { dispatched } = context;
  const construction = await stoppable(createCharm, dependencies);
  if (construction === "stopped") return;
  const lost = await queue.load();
  if (lost > 0) log.warning("Dropping deferred events that cannot be read", { count: lost });
  const isObserved = observers.has(recordOf(dispatched).kind);
  const isCollected = observers.has("collect-unit-status") || observers.has("collect-app-status");
  if (isObserved || isCollected || queue.notices.length > 0) await handleEvents(dependencies);
  if (isObserved) return;
  if (dispatched.kind === "action") {
    await tools.actionFail(`Cannot run ${dispatched.name}: no handler of this charm observes the action`);
  } else log.debug("No handler observes the event", { event: dispatched.name });
}

async function handleEvents(dependencies: DispatchDependencies): Promise<void> {
  const { state, queue, writes } = dependencies;
  const reemitted = await reemitDeferred(dependencies);
  const savepoint = await state.savepoint();
  const outcome = await emitDispatched(dependencies);
  if (outcome === "failed") {
    // The process of a failed action succeeds, so the work of the deferred events is kept: commit only that.
    state.restore(savepoint);
    writes.discard();
    await queue.load();
  }
  if (outcome !== "stopped") await collectStatus(dependencies);
  if (outcome !== "failed" || reemitted) await commit(dependencies);
}

/** @returns whether there were deferred events. */
async function reemitDeferred({
  context,
  emitter,
  queue,
  tools,
  writes,
  calls,
}: DispatchDependencies): Promise<boolean> {
  if (queue.notices.length === 0) return false;
  try {
    await emitter.reemit((status) => tools.statusSet(status));
  } catch (thrown) {
    if (context.dispatched.kind === "action") {
      await tools.actionFail(
        `Cannot run ${context.dispatched.name}: a deferred event failed: ${messageOf(thrown)}`,
      );
    }
    throw thrown;
  }
  calls.assertOpen();
  await writes.flush();
  await queue.save();
  return true;
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

/** Catches errors of handlers: Juju delivers results and failure only when the process of the action succeeds. */
async function runAction(work: () => Promise<void>, dependencies: DispatchDependencies): Promise<Outcome> {
  const { context, tools, log, signal } = dependencies;
  try {
    await work();
    return "done";
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    if (!(thrown instanceof CodedError)) {
      const { reportError } = await import("./error-report.ts");
      log.error(`Uncaught error in ${context.dispatched.name}: ${reportError(thrown)}`);
    }
    await tools.actionFail(messageOf(thrown));
    return thrown instanceof StopWithStatus ? "done" : "failed";
  }
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
