import type { RunnerCounts, RunnerState } from "../runners/observed-runner.ts";

/** Longest time until GitHub's list shows that a runner is busy whose job has begun. */
const LIST_LAG_MS = 10_000;

/** What is shown of the runners. */
export interface Shown<R extends Pick<RunnerState, "name" | "state">> {
  readonly counts: RunnerCounts;
  readonly runners: readonly R[];
}

/** Runners whose guests say that a job has begun, until GitHub's list shows it. For what is shown alone: any guest can say so. */
export class StartedJobs {
  /** In milliseconds since the Unix epoch. */
  readonly #startedAt = new Map<string, number>();

  note(runner: string, now: number): void {
    this.#startedAt.set(runner, now);
  }

  /** What a round has found, with the jobs that GitHub may not list yet. */
  addTo<R extends Pick<RunnerState, "name" | "state">>(found: Shown<R>, now: number): Shown<R> {
    for (const [runner, startedAt] of this.#startedAt) {
      if (startedAt > now || now - startedAt >= LIST_LAG_MS) this.#startedAt.delete(runner);
    }
    return showBusy(found, new Set(this.#startedAt.keys()));
  }
}

/** Shows runners as busy that GitHub lists otherwise: one that it does not list has ended its job. Pure. */
export function showBusy<R extends Pick<RunnerState, "name" | "state">>(
  { counts, runners }: Shown<R>,
  busy: ReadonlySet<string>,
): Shown<R> {
  const others = runners.filter(({ name, state }) => busy.has(name) && ["online", "offline"].includes(state));
  if (others.length === 0) return { counts, runners };
  const fewer = (state: RunnerState["state"]) => others.filter((each) => each.state === state).length;
  return {
    counts: {
      ...counts,
      online: counts.online - fewer("online"),
      offline: counts.offline - fewer("offline"),
      busy: counts.busy + others.length,
      busyNames: [...counts.busyNames, ...others.map(({ name }) => name)].sort(),
    },
    runners: runners.map((each) => (others.includes(each) ? { ...each, state: "busy" } : each)),
  };
}
