import type { Clock } from "charm-kit";

/** Work that is done again and again. */
export interface PeriodicTask {
  /** Milliseconds from the end of one run to the next. */
  readonly everyMs: number;
  /** @default false: the first run is after `everyMs` */
  readonly isDueAtOnce?: boolean;
  readonly run: (signal: AbortSignal) => Promise<void>;
}

/** Services of {@link runPeriodically}. */
export interface PeriodicDependencies {
  readonly clock: Clock;
  /** Told each failure; the task is tried again at its next time. */
  readonly onFailure: (thrown: unknown) => void;
}

/** Runs tasks by the clock, one at a time, until the signal is aborted. Never throws. */
export async function runPeriodically(
  tasks: readonly PeriodicTask[],
  dependencies: PeriodicDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = dependencies;
  const begin = clock.now();
  const due = new Map(tasks.map((task) => [task, begin + (task.isDueAtOnce === true ? 0 : task.everyMs)]));
  while (!signal.aborted) {
    const [next] = [...due].sort(([, left], [, right]) => left - right);
    if (next === undefined) return;
    const [task, at] = next;
    await runAt(at, task, dependencies, signal);
    due.set(task, clock.now() + task.everyMs);
  }
}

async function runAt(
  at: number,
  task: PeriodicTask,
  { clock, onFailure }: PeriodicDependencies,
  signal: AbortSignal,
): Promise<void> {
  try {
    const wait = at - clock.now();
    if (wait > 0) await clock.wait(wait, signal);
    await task.run(signal);
  } catch (thrown) {
    if (!signal.aborted) onFailure(thrown);
  }
}
