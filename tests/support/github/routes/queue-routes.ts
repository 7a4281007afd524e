import { paginate } from "../http/pagination.ts";
import type { JobRecord } from "../state/job-record.ts";
import { isoTime } from "../state/virtual-clock.ts";
import { HEAD_SHA } from "./job-routes.ts";
import { repositoryBody, repositoryId } from "./repository-routes.ts";
import type { Answer, Call, Route } from "./route.ts";
import { repository } from "./scoped-prefixes.ts";

/** Where jobs are looked for that wait: the repositories of an organisation, and the workflow runs of a repository. */
export const queueRoutes: readonly Route[] = [
  {
    name: "list-repositories",
    method: "GET",
    template: "/orgs/{org}/repos",
    description: "api.github.com",
    permission: { scopes: ["repo", "admin:org"], app: "metadata" },
    handle: listRepositories,
  },
  {
    name: "list-runs",
    method: "GET",
    template: `${repository.prefix}/actions/runs`,
    description: repository.description,
    permission: { scopes: ["repo"], app: "actions" },
    handle: listRuns,
  },
];

/** Repositories that have had jobs; each job counts as a push to its repository. */
function listRepositories(call: Call): Answer {
  const { parameters, query, world } = call;
  const pushedAt = new Map<string, number>();
  for (const { repository: name, createdAt } of world.service.jobs.values())
    if (name.split("/")[0]?.toLowerCase() === parameters["org"]?.toLowerCase())
      pushedAt.set(name, Math.max(createdAt, pushedAt.get(name) ?? 0));
  const sorted = [...pushedAt].sort(([left, one], [right, other]) =>
    query.get("sort") === "pushed" ? other - one : left < right ? -1 : 1,
  );
  const { page, headers } = paginate(sorted, call);
  const body = page.map(([name, at]) => ({
    ...repositoryBody(name, call),
    // Such a list is the same as long as nothing is pushed.
    ...{ created_at: isoTime(at), pushed_at: isoTime(at), updated_at: isoTime(at) },
  }));
  return { status: 200, body, headers };
}

/** Each job has a workflow run of its own, the newest first. */
function listRuns(call: Call): Answer {
  const status = call.query.get("status");
  const jobs = [...call.world.service.jobs.values()].filter(
    (job) =>
      call.scope === `repos/${job.repository.toLowerCase()}` && (status === null || job.status === status),
  );
  const { page, headers } = paginate(jobs.reverse(), call);
  const body = { total_count: jobs.length, workflow_runs: page.map((job) => describeRun(job, call)) };
  return { status: 200, body, headers };
}

/** GitHub's schema `workflow-run`. */
function describeRun(job: JobRecord, call: Call) {
  const { runId, repository: nameWithOwner } = job;
  const url = `${call.apiURL}/repos/${nameWithOwner}/actions/runs/${runId}`;
  const at = isoTime(job.createdAt);
  const addresses = ["jobs", "logs", "artifacts", "cancel", "rerun"].map(
    (each) => [`${each}_url`, `${url}/${each}`] as const,
  );
  // A repository as it was when the run began: its entity tag is the same as long as the run is.
  const body = { ...repositoryBody(nameWithOwner, call), created_at: at, pushed_at: at, updated_at: at };
  return {
    ...Object.fromEntries(addresses),
    id: runId,
    name: job.workflow,
    node_id: Buffer.from(`Run${runId}`).toString("base64"),
    head_branch: "main",
    head_sha: HEAD_SHA,
    path: `.github/workflows/${job.workflow.toLowerCase()}.yml`,
    display_title: job.name,
    run_number: job.id,
    run_attempt: 1,
    event: job.event,
    status: job.status,
    conclusion: job.conclusion,
    workflow_id: repositoryId(job.workflow),
    check_suite_url: `${call.apiURL}/repos/${nameWithOwner}/check-suites/${runId}`,
    workflow_url: `${call.apiURL}/repos/${nameWithOwner}/actions/workflows/${repositoryId(job.workflow)}`,
    url,
    html_url: `${call.origin}/${nameWithOwner}/actions/runs/${runId}`,
    pull_requests: [],
    created_at: at,
    updated_at: at,
    run_started_at: at,
    head_commit: null,
    repository: body,
    head_repository: body,
  };
}
