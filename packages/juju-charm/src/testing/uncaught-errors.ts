import { AsyncLocalStorage } from "node:async_hooks";
import { withResolvers } from "charm-kit";
import { nextTurn } from "../dispatch/next-turn.ts";

type Report = (thrown: unknown) => void;
type Listener = (thrown: unknown, ...more: readonly unknown[]) => void;

const EVENTS = ["unhandledRejection", "uncaughtException"] as const;

/** The run that a function belongs to, also after its promise was forgotten. */
const runs = new AsyncLocalStorage<Report>();
const open = new Set<Report>();
/** Runs that have ended: theirs is no process any more. */
const ended = new WeakSet<Report>();
/** The listeners of the test runner, which get what no run has caused. */
let others: Readonly<Record<(typeof EVENTS)[number], readonly Listener[]>> | undefined;

/**
 * Runs a dispatch and rejects `uncaught` with the first error that nothing in it handles. Under Juju, such an error ends
 * the charm's process; in a test it would end the test runner or another test.
 */
export async function catchUncaught<Result>(
  work: (uncaught: Promise<never>) => Promise<Result>,
): Promise<Result> {
  const { promise, reject } = withResolvers<never>();
  // Handled here too, because the work may end before it waits for the promise.
  promise.catch(() => undefined);
  const report: Report = (thrown) => {
    reject(thrown);
  };
  if (open.size === 0) listen();
  open.add(report);
  try {
    return await runs.run(report, () => work(promise));
  } finally {
    // What the run has left behind ends with its process, so it does not reach the test runner.
    ended.add(report);
    await nextTurn();
    open.delete(report);
    if (open.size === 0) stopListening();
  }
}

function listen(): void {
  const take = (event: (typeof EVENTS)[number]): readonly Listener[] => {
    // Listeners of both events have these parameters.
    const listeners = process.listeners(event as "uncaughtException") as readonly Listener[];
    process.removeAllListeners(event);
    return listeners;
  };
  others = { unhandledRejection: take("unhandledRejection"), uncaughtException: take("uncaughtException") };
  process.on("unhandledRejection", onRejection);
  process.on("uncaughtException", onException);
}

function stopListening(): void {
  process.off("unhandledRejection", onRejection);
  process.off("uncaughtException", onException);
  for (const event of EVENTS)
    for (const listener of others?.[event] ?? []) process.on(event as "uncaughtException", listener);
  others = undefined;
}

function onRejection(thrown: unknown, ...more: readonly unknown[]): void {
  dispatchUncaught("unhandledRejection", thrown, more);
}

function onException(thrown: unknown, ...more: readonly unknown[]): void {
  dispatchUncaught("uncaughtException", thrown, more);
}

function dispatchUncaught(event: (typeof EVENTS)[number], thrown: unknown, more: readonly unknown[]): void {
  const report = runs.getStore();
  if (report && open.has(report)) {
    if (!ended.has(report)) report(thrown);
    return;
  }
  const listeners = others?.[event] ?? [];
  // Without a listener, Node.js ends the process by the error, as it would have without a run.
  if (listeners.length === 0) throw thrown;
  for (const listener of listeners) listener.call(process, thrown, ...more);
}
