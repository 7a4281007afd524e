import type { JobRecord } from "./job-record.ts";
import type { RunnerRecord } from "./runner-record.ts";
import type { JobItem } from "./scale-set-record.ts";

/** GitHub's service writes a time that has not come as its zero. */
const NEVER = "0001-01-01T00:00:00Z";
/** Results in the words of messages. */
const RESULTS = {
  success: "succeeded",
  failure: "failed",
  cancelled: "canceled",
  timed_out: "failed",
} as const;

/** Tells of a job, as a message of a scale set does. */
export function jobItem(
  messageType: "JobAvailable" | "JobAssigned" | "JobStarted" | "JobCompleted",
  job: JobRecord,
  runner?: Pick<RunnerRecord, "id" | "name">,
): JobItem {
  const [ownerName = "", repositoryName = ""] = job.repository.split("/");
  const at = (ms: number | undefined) => (ms === undefined ? NEVER : new Date(ms).toISOString());
  return {
    messageType,
    runnerRequestId: job.id,
    repositoryName,
    ownerName,
    jobId: String(job.id),
    jobWorkflowRef: `${job.repository}/.github/workflows/${job.workflow.toLowerCase()}.yml@refs/heads/main`,
    jobDisplayName: job.name,
    workflowRunId: job.runId,
    eventName: job.event,
    requestLabels: job.labels,
    queueTime: at(job.createdAt),
    scaleSetAssignTime: at(job.scaleSetAssignedAt),
    runnerAssignTime: at(job.startedAt),
    finishTime: at(job.completedAt),
    ...(messageType === "JobAvailable" && { acquireJobUrl: `acquire/${job.id}` }),
    ...((messageType === "JobStarted" || messageType === "JobCompleted") && {
      runnerId: runner?.id ?? 0,
      runnerName: runner?.name ?? "",
    }),
    ...(messageType === "JobCompleted" && { result: RESULTS[job.conclusion ?? "cancelled"] }),
  };
}
