import type { JobRecord } from "../state/job-record.ts";
import { HEAD_SHA } from "../routes/job-routes.ts";

/** All that a worker needs to run a job. */
export interface JobMessage {
  readonly id: string;
  readonly name: string;
  readonly steps: readonly string[];
  /** The event file, verbatim. */
  readonly payload: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Describes a job to the worker: its steps and the `GITHUB_*` variables that only the service knows. */
export function jobMessage(job: JobRecord, origin: string): JobMessage {
  const [owner = ""] = job.repository.split("/");
  return {
    id: String(job.id),
    name: job.name,
    steps: job.steps,
    payload: JSON.stringify(job.payload),
    environment: {
      GITHUB_ACTOR: "octocat",
      GITHUB_API_URL: `${origin}/api/v3`,
      GITHUB_EVENT_NAME: job.event,
      GITHUB_JOB: job.name,
      GITHUB_REF: "refs/heads/main",
      GITHUB_REF_NAME: "main",
      GITHUB_REPOSITORY: job.repository,
      GITHUB_REPOSITORY_OWNER: owner,
      GITHUB_RUN_ATTEMPT: "1",
      GITHUB_RUN_ID: String(job.runId),
      GITHUB_RUN_NUMBER: String(job.runId),
      GITHUB_SERVER_URL: origin,
      GITHUB_SHA: HEAD_SHA,
      GITHUB_WORKFLOW: job.workflow,
      ...job.environment,
    },
  };
}
