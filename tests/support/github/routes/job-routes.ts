import { paginate } from "../http/pagination.ts";
import type { JobRecord } from "../state/job-record.ts";
import { isoTime } from "../state/virtual-clock.ts";
import { failure } from "./route.ts";
import type { Answer, Call, Route } from "./route.ts";
import { repository } from "./scoped-prefixes.ts";

const shared = {
  method: "GET",
  description: repository.description,
  permission: { scopes: ["repo"], app: "actions" },
} as const;
const actions = `${repository.prefix}/actions`;

/** Jobs of workflow runs. */
export const jobRoutes: readonly Route[] = [
  { ...shared, name: "get-job", template: `${actions}/jobs/{job_id}`, handle: getJob },
  { ...shared, name: "job-logs", template: `${actions}/jobs/{job_id}/logs`, handle: redirectToLog },
  { ...shared, name: "list-run-jobs", template: `${actions}/runs/{run_id}/jobs`, handle: listJobs },
];

function getJob(call: Call): Answer {
  const job = findJob(call);
  return job ? { status: 200, body: describe(job, call) } : failure(404, "Not Found");
}

function redirectToLog(call: Call): Answer {
  const job = findJob(call);
  if (!job) return failure(404, "Not Found");
  return { status: 302, headers: { location: `${call.origin}/_services/logs/${job.id}` } };
}

function listJobs(call: Call): Answer {
  const runId = Number(call.parameters["run_id"]);
  const jobs = [...call.world.service.jobs.values()].filter(
    (job) => job.runId === runId && isHere(job, call),
  );
  const { page, headers } = paginate(jobs, call);
  return {
    status: 200,
    body: { total_count: jobs.length, jobs: page.map((job) => describe(job, call)) },
    headers,
  };
}

function findJob(call: Call): JobRecord | undefined {
  const job = call.world.service.jobs.get(Number(call.parameters["job_id"]));
  return job && isHere(job, call) ? job : undefined;
}

function isHere(job: JobRecord, { scope }: Call): boolean {
  return scope === `repos/${job.repository.toLowerCase()}`;
}

/** GitHub's schema `job`. A queued job has its creation as `started_at`, as GitHub's has. */
function describe(job: JobRecord, { apiURL, origin }: Call) {
  const { id, runId, repository: nameWithOwner, runner } = job;
  const api = `${apiURL}/repos/${nameWithOwner}`;
  return {
    id,
    run_id: runId,
    run_attempt: 1,
    node_id: Buffer.from(`Job${id}`).toString("base64"),
    run_url: `${api}/actions/runs/${runId}`,
    url: `${api}/actions/jobs/${id}`,
    html_url: `${origin}/${nameWithOwner}/actions/runs/${runId}/job/${id}`,
    check_run_url: `${api}/check-runs/${id}`,
    head_sha: HEAD_SHA,
    head_branch: "main",
    workflow_name: job.workflow,
    name: job.name,
    status: job.status,
    conclusion: job.conclusion,
    created_at: isoTime(job.createdAt),
    started_at: isoTime(job.startedAt ?? job.createdAt),
    completed_at: job.completedAt === undefined ? null : isoTime(job.completedAt),
    labels: job.labels,
    steps: [],
    runner_id: runner?.id ?? null,
    runner_name: runner?.name ?? null,
    runner_group_id: runner?.groupId ?? null,
    runner_group_name: runner ? "Default" : null,
  };
}

/** Of the commit that all jobs are of. */
export const HEAD_SHA = "009b8a3a9ccbb128af87f9b1c0f4c62e8a304f6d";
