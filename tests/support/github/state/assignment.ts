import type { JobRecord } from "./job-record.ts";
import type { RunnerRecord } from "./runner-record.ts";
import { serves } from "./scope.ts";

/** Whether a runner has all labels that a job runs on; case does not matter. */
function hasLabels(runner: Pick<RunnerRecord, "labels">, wanted: readonly string[]): boolean {
  const own = new Set(runner.labels.map((label) => label.toLowerCase()));
  return wanted.every((label) => own.has(label.toLowerCase()));
}

function isIdle({ jobId, sessionId, status }: RunnerRecord): boolean {
  return sessionId !== undefined && status === "online" && jobId === undefined;
}

/** Whether an idle runner may be given a job: it serves the repository and has the labels. */
function mayTake(runner: RunnerRecord, job: JobRecord): boolean {
  if (runner.scaleSetId !== job.scaleSetId) return false;
  // The labels of a scale set's job were compared when it was assigned.
  return (
    runner.scaleSetId !== undefined || (serves(runner.scope, job.repository) && hasLabels(runner, job.labels))
  );
}

/**
 * Pairs queued jobs, oldest first, with runners that may take them, longest registered first.
 *
 * @param mayHave what else must hold for a pair. @default nothing
 */
export function assign(
  jobs: Iterable<JobRecord>,
  runners: Iterable<RunnerRecord>,
  mayHave: (runner: RunnerRecord, job: JobRecord) => boolean = () => true,
): readonly (readonly [JobRecord, RunnerRecord])[] {
  const free = new Set([...runners].filter(isIdle));
  const pairs: (readonly [JobRecord, RunnerRecord])[] = [];
  for (const job of jobs) {
    // A thousand jobs wait for no runner most of the time.
    if (free.size === 0) break;
    if (job.status !== "queued" || job.runner) continue;
    const runner = [...free].find((candidate) => mayTake(candidate, job) && mayHave(candidate, job));
    if (!runner) continue;
    free.delete(runner);
    pairs.push([job, runner]);
  }
  return pairs;
}
