import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Burst, JobTimes } from "./burst-figures.ts";
import type { JobView } from "../support/github/state/job-record.ts";
import type { Rig } from "../support/rig/rig.ts";
import { until } from "../support/rig/until.ts";

/** What the ends of jobs are waited for with at a time: each waits on a connection of its own. */
const AT_A_TIME = 50;

/**
 * Queues the jobs and waits until all have ended.
 *
 * @throws Error unless each was given to one runner, and ended with success.
 */
export async function runBurst(
  rig: Rig,
  { jobs, seconds }: Burst,
  signal: AbortSignal,
  ended: (count: number) => void = () => undefined,
): Promise<readonly JobTimes[]> {
  const queued: JobView[] = [];
  while (queued.length < jobs) {
    const next = Array.from({ length: Math.min(AT_A_TIME, jobs - queued.length) }, () =>
      rig.queue([`sleep ${seconds}`], signal),
    );
    queued.push(...(await Promise.all(next)));
  }
  const ends: JobView[] = [];
  for (const { id } of queued) {
    ends.push(await rig.github.call("wait-for-job", { id, status: "completed" }, signal));
    ended(ends.length);
  }
  const wrong = ends.filter(({ conclusion, assignments }) => conclusion !== "success" || assignments !== 1);
  if (wrong.length > 0) throw new Error(`Of ${jobs} jobs, these went wrong: ${JSON.stringify(wrong)}`);
  return ends.map(({ createdAt, startedAt = createdAt, completedAt = startedAt }) => ({
    ...{ createdAt, startedAt, completedAt },
  }));
}

/** Waits until the unit has heard what GitHub counts. @returns both numbers */
export async function agreed(rig: Rig, signal: AbortSignal): Promise<string> {
  await rig.github.call("wait-for-runners", { registered: 0 }, signal);
  return until(
    "what GitHub and the unit count to agree",
    async () => {
      const [set] = await rig.github.call("list-scale-sets", null, signal);
      const heard = JSON.parse(await readFile(join(rig.dataDirectory, "demand.json"), "utf8")) as {
        readonly assigned: number;
        readonly running: number;
      };
      const counted = set?.statistics;
      const isSame =
        counted?.totalAssignedJobs === heard.assigned && counted.totalRunningJobs === heard.running;
      return isSame && `${counted.totalAssignedJobs} and ${heard.assigned}`;
    },
    signal,
  );
}
