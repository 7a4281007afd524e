import { CodedError, messageOf } from "charm-kit";
import type { FrameworkParts } from "../framework.ts";
import type { NoticeQueue } from "../events/notice-queue.ts";
import type { RelationWrites } from "../tools/relation-writes.ts";
import { collectStatus } from "./collect-status.ts";
import { recordOf } from "./event-record.ts";
import { StopWithStatus } from "./stop-with-status.ts";

/** What a dispatch works with. */
export interface DispatchParts extends FrameworkParts {
  readonly queue: NoticeQueue;
  readonly writes: RelationWrites;
}

/** How the event of the dispatch ended: done, stopped with a status that is shown, or as an action that failed. */
type Outcome = "done" | "stopped" | "failed";

/** Makes the charm and takes it through the dispatch. What a handler throws is thrown, and nothing is committed then. */
export async function runDispatch(createCharm: () => unknown, parts: DispatchParts): Promise<void> {
  const { context, tools, log, observers, queue } = parts;
  const { dispatched } = context;
  const made = await stoppable(createCharm, parts);
  if (made === "stopped") return;
  const lost = await queue.load();
  if (lost > 0) log.warning("Dropping deferred events that cannot be read", { count: lost });
  const isObserved = observers.has(recordOf(dispatched).kind);
  if (isObserved || queue.notices.length > 0) await attend(parts);
  if (isObserved) return;
  if (dispatched.kind === "action") {
    await tools.actionFail(`Cannot run ${dispatched.name}: this charm has no code for the action`);
  } else log.debug("Nobody observes the event", { event: dispatched.name });
}

async function attend(parts: DispatchParts): Promise<void> {
  const { state, queue, writes } = parts;
  const broughtAgain = await bringAgain(parts);
  const savepoint = await state.savepoint();
  const outcome = await emitDispatched(parts);
  if (outcome === "failed") {
    // Its process succeeds, and Juju keeps what the deferred events did: those are done.
    state.restore(savepoint);
    writes.discard();
    await queue.load();
  }
  if (outcome !== "stopped") await collectStatus(parts);
  if (outcome !== "failed" || broughtAgain) await commit(parts);
}

/** @returns whether there was anything to bring. */
async function bringAgain({ context, emitter, queue, tools, writes }: DispatchParts): Promise<boolean> {
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
  await writes.flush();
  await queue.save();
  return true;
}

async function emitDispatched(parts: DispatchParts): Promise<Outcome> {
  const { context, emitter } = parts;
  const record = recordOf(context.dispatched);
  if (context.dispatched.kind === "action") return runAction(() => emitter.emit(record), parts);
  return stoppable(() => emitter.emit(record), parts);
}

async function stoppable(work: () => unknown, { tools }: DispatchParts): Promise<Outcome> {
  try {
    await work();
    return "done";
  } catch (thrown) {
    if (!(thrown instanceof StopWithStatus)) throw thrown;
    await tools.statusSet(thrown.status);
    return "stopped";
  }
}

/** Juju delivers results and failure of an action whose process succeeds, so what a handler throws ends here. */
async function runAction(work: () => Promise<void>, parts: DispatchParts): Promise<Outcome> {
  const { context, tools, log, signal } = parts;
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

async function commit({ emitter, queue, state, writes }: DispatchParts): Promise<void> {
  await emitter.emit({ kind: "pre-commit", facts: {} });
  await emitter.emit({ kind: "commit", facts: {} });
  await writes.flush();
  await queue.save();
  await state.commit();
}
