import { utcMinute } from "../runners/utc-minute.ts";
import { describeFacts, describeGaps, describeJobs } from "./queue-details.ts";
import { judgeJob, type JudgedJob } from "./judge-job.ts";
import type { QueueEvidence } from "./queue-evidence.ts";
import { reasonOfCode, type Obstacle, type QueueReason } from "./queue-obstacle.ts";
import type { FailureStatus } from "./service-status.ts";

/** Why jobs wait now. */
export interface QueueExplanation {
  /** Number of jobs; undefined where nothing of the queue could be read. */
  readonly queued: number | undefined;
  /** How long the first of them has waited; 0 while none does. */
  readonly oldestSeconds: number;
  readonly reason: QueueReason;
  /** Lines for a person: the reason and what to do first, then what is known, and each job. */
  readonly details: readonly string[];
}

/**
 * Why jobs wait. Pure.
 *
 * A job is one of the unit's when it asks for labels that the unit has. Jobs that also ask for others are told as well: such
 * a label may be a slip. Others are not the unit's.
 */
export function explainQueue(evidence: QueueEvidence, now: number): QueueExplanation {
  const judged = (evidence.reading?.jobs ?? []).flatMap((job) =>
    judgeJob(job, { ...evidence, scaleSet: evidence.scaleSet?.name }),
  );
  const own = judged.filter(({ obstacle }) => obstacle === undefined);
  const refused = judged.filter(({ obstacle }) => obstacle !== undefined);
  const { assigned = 0, running = 0 } = evidence.scaleSet?.figures ?? {};
  const waiting = Math.max(0, assigned - running);
  const queued = Math.max(waiting, own.length) + refused.length;
  const { reason, text } = mainObstacle(evidence, { own: own.length, waiting, refused });
  const isKnown = evidence.reading !== undefined || evidence.scaleSet?.figures !== undefined;
  return {
    queued: isKnown ? queued : undefined,
    oldestSeconds: Math.round(
      oldestMs(judged, waiting > 0 ? evidence.scaleSet?.waitingSince : undefined, now) / 1000,
    ),
    reason,
    details: [text, ...describeFacts(evidence), ...describeJobs(judged, now), ...describeGaps(evidence)],
  };
}

/** What waits. */
interface Waiting {
  /** Number of jobs that the unit may have, as the REST API shows them. */
  readonly own: number;
  /** Number of jobs that GitHub has assigned to the scale set and that do not run. */
  readonly waiting: number;
  readonly refused: readonly JudgedJob[];
}

function mainObstacle(evidence: QueueEvidence, waits: Waiting): Obstacle {
  const [first] = evidence.obstacles;
  if (first) return first;
  if (waits.own === 0 && waits.waiting === 0) {
    const refusal = waits.refused[0]?.obstacle;
    return refusal ?? { reason: "nothing-waits", text: "no job waits for this unit" };
  }
  return runnerObstacle(evidence, waits);
}

/** Why no runner has taken the jobs that the unit may have. */
function runnerObstacle(evidence: QueueEvidence, waits: Waiting): Obstacle {
  const { configured, counts, hasImage, imageFailure, replacing = 0, room = configured } = evidence;
  if (configured === 0)
    return {
      reason: "at-maximum",
      text: "virtual-machines is 0, and the unit has no runners; set a larger number",
    };
  if (hasImage === false) {
    const failed = imageFailure === undefined ? "" : `; the last build failed: ${imageFailure}`;
    return { reason: "image", text: `the runner image is not built yet${failed}` };
  }
  const most = Math.min(configured + replacing, room);
  const present = counts?.names.length ?? 0;
  if (present >= most) return fullObstacle(evidence, waits, most);
  const failure = evidence.failures.find(({ concern }) => concern !== "removal");
  if (failure) return failedObstacle(failure);
  return waitObstacle(evidence, waits);
}

/** With as many runners as the unit can have. */
function fullObstacle(evidence: QueueEvidence, waits: Waiting, most: number): Obstacle {
  const { configured, counts, notices, replacing = 0 } = evidence;
  const wanted = configured + replacing;
  const { busy = 0, online = 0, offline = 0, unknown = 0 } = counts ?? {};
  if (online > 0) return idleObstacle(evidence, waits, online);
  if (offline + unknown > 0) return startingObstacle(evidence);
  const runners = most === 1 ? "the only runner is busy" : `all ${busy} runners are busy`;
  if (most >= wanted)
    return {
      reason: "at-maximum",
      text: `${runners}, and virtual-machines is ${configured}; set a larger number or add units`,
    };
  const why = notices.length === 0 ? "" : `: ${notices.join("; ")}`;
  return {
    reason: "machine-full",
    text: `${runners}, and the machine holds no more than ${most} of ${wanted}${why}`,
  };
}

/** With room for a further runner, and nothing that failed. */
function waitObstacle(evidence: QueueEvidence, waits: Waiting): Obstacle {
  const { counts, scaleSet } = evidence;
  const idle = counts?.online ?? 0;
  if (scaleSet === undefined)
    return idle > 0 ? idleObstacle(evidence, waits, idle) : startingObstacle(evidence);
  if (waits.waiting === 0) {
    if (scaleSet.silence !== undefined) return { reason: "not-heard", text: scaleSet.silence };
    return {
      reason: "not-assigned",
      text: "GitHub has not assigned the jobs to this unit's scale set, which has room for them; another unit with these labels may have them; otherwise see githubstatus.com",
    };
  }
  return idle >= waits.waiting ? idleObstacle(evidence, waits, idle) : startingObstacle(evidence);
}

function idleObstacle({ scaleSet }: QueueEvidence, { waiting }: Waiting, idle: number): Obstacle {
  const runners = idle === 1 ? "1 runner is idle" : `${idle} runners are idle`;
  if (scaleSet && waiting === 0)
    return {
      reason: "not-assigned",
      text: `${runners}, and GitHub has not assigned the jobs to this unit's scale set`,
    };
  return {
    reason: "not-taken",
    text: `${runners}, and GitHub gives it no job; that takes seconds, otherwise see githubstatus.com`,
  };
}

function startingObstacle({ counts, creationSeconds, scaleSet }: QueueEvidence): Obstacle {
  const { offline = 0, unknown = 0, standby = 0 } = counts ?? {};
  const starting = offline + unknown;
  const what =
    starting > 0
      ? starting === 1
        ? "1 runner starts"
        : `${starting} runners start`
      : standby > 0
        ? "a standby instance becomes a runner"
        : scaleSet
          ? "a runner is created"
          : "the next round of the runner service, or the next reconcile, creates a runner";
  const expected =
    creationSeconds === undefined ? "" : `; the last ones took ${Math.max(1, Math.round(creationSeconds))} s`;
  return { reason: "starting", text: `${what}${expected}` };
}

function failedObstacle({ cause, reason, nextAt }: FailureStatus): Obstacle {
  const known = reasonOfCode(cause) ?? "creation-failed";
  return { reason: known, text: `${reason}; the next attempt is at ${utcMinute(nextAt)}` };
}

function oldestMs(judged: readonly JudgedJob[], waitingSince: number | undefined, now: number): number {
  const times = judged.map(({ job }) => job.queuedAt);
  const oldest = Math.min(...times, waitingSince ?? now, now);
  return now - oldest;
}
