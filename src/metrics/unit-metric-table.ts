import { counter, gauge, histogram } from "./metric.ts";

/** From a fast answer to one that a person notices. */
const CALL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** From a started container to a virtual machine on a loaded machine. */
const START_SECONDS = [0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600];
const JOB_SECONDS = [5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

/** GitHub's events that start most workflows; those of others are `other`. */
const GITHUB_EVENTS = [
  "push",
  "pull_request",
  "pull_request_target",
  "schedule",
  "workflow_dispatch",
  "workflow_run",
  "workflow_call",
  "merge_group",
  "release",
  "issue_comment",
  "repository_dispatch",
  "other",
] as const;

const JOB_STATUSES = ["normal", "abnormal", "repo-policy-check-failure"] as const;

/** GitHub's conclusions of jobs; `unknown` where it tells none. */
const CONCLUSIONS = [
  "success",
  "failure",
  "cancelled",
  "timed_out",
  "skipped",
  "neutral",
  "action_required",
  "unknown",
  "other",
] as const;

/** The metrics of a unit. The reference page is made of this table. */
export const UNIT_METRICS = {
  github_runner_build_info: gauge("Versions of the charm and of its Node.js; always 1.", {
    version: /^[\w.+~-]{1,64}$/,
    node_version: /^[\w.+-]{1,32}$/,
  }),
  github_runner_runners: gauge("Runners of the unit.", { state: ["idle", "busy", "offline", "unknown"] }),
  github_runner_standby_instances: gauge("Instances that wait to become runners."),
  github_runner_runners_wanted: gauge(
    "Most runners of the unit: the option virtual-machines, and those in place of lost ones of an LXD cluster.",
  ),
  github_runner_runners_capacity: gauge(
    "Runners that the unit keeps now: as many of the wanted ones as the machine can hold, and with scaling=demand as many as jobs and idle runners need.",
  ),
  github_runner_jobs_assigned: gauge(
    "Jobs that GitHub has assigned to the unit's scale set, those that run included; absent with a fixed number of runners.",
  ),
  github_runner_jobs_waiting: gauge("Assigned jobs that no runner has taken."),
  github_runner_jobs_waiting_since_timestamp_seconds: gauge(
    "Since when assigned jobs wait; absent while none does.",
  ),
  github_runner_demand_session_state: gauge(
    "State of the session that tells of assigned jobs; 1 for the present one, absent with a fixed number of runners.",
    { state: ["opening", "open", "failing"] },
  ),
  github_runner_demand_messages_total: counter("Messages of that session that were heard."),
  github_runner_runners_outdated: gauge(
    "Runners of an earlier configuration that stay until a successor is online.",
  ),
  github_runner_service_state: gauge("State of the runner service; 1 for the present one.", {
    state: ["without_settings", "paused", "working", "waiting"],
  }),
  github_runner_image_state: gauge("State of the runner image; 1 for the present one.", {
    state: ["current", "due", "refused", "missing"],
  }),
  github_runner_failing_causes: gauge("Causes that have failed since their last success.", {
    concern: ["round", "creation", "lifetime", "removal"],
  }),
  github_runner_next_attempt_timestamp_seconds: gauge(
    "When the service tries again what has failed; absent while nothing waits.",
  ),
  github_runner_reconcile_interval_seconds: gauge(
    "Longest time between two reconciles: the option reconcile-interval.",
  ),
  github_runner_last_success_timestamp_seconds: gauge("Last success of work that recurs.", {
    work: ["reconcile", "image_build", "application_check", "demand"],
  }),
  github_runner_application_seen_timestamp_seconds: gauge(
    "When GitHub first offered the present version of the runner application to the unit.",
  ),
  github_runner_runners_started_total: counter("Runners that were created and listened for jobs."),
  github_runner_runners_crashed_total: counter("Runners that started a job and did not report its end."),
  github_runner_jobs_started_total: counter("Jobs that runners have started.", {
    github_event: GITHUB_EVENTS,
  }),
  github_runner_jobs_ended_total: counter(
    "Jobs whose runner has ended, by the runner's end and GitHub's conclusion.",
    {
      status: JOB_STATUSES,
      conclusion: CONCLUSIONS,
    },
  ),
  github_runner_jobs_killed_total: counter(
    "Jobs that the unit has ended by removing their runner, other than at a person's request.",
  ),
  github_runner_policy_checks_total: counter(
    "Checks of repositories by the built-in policy, by what became of them: a job whose check failed does not run either.",
    { verdict: ["allowed", "refused", "failed"] },
  ),
  github_runner_reconciles_total: counter("Reconciles that have ended, of hooks and of the service."),
  github_runner_start_duration_seconds: histogram(
    "From the decision to create a runner until it listens for jobs.",
    START_SECONDS,
  ),
  github_runner_wait_duration_seconds: histogram(
    "Parts of a wait: a job is queued until GitHub gives it to a runner, and with scaling=demand was assigned to the unit's scale set for a part of that; then it waits for the first step; a runner is cloned, booted and registered, and comes online.",
    [...START_SECONDS, 1200, 3600, 14400],
    { stage: ["queued", "assigned", "first_step", "cloned", "booted", "registered", "online"] },
  ),
  github_runner_refill_duration_seconds: histogram(
    "From the end of a used runner until a new one listens for jobs in its place.",
    START_SECONDS,
  ),
  github_runner_idle_duration_seconds: histogram("How long a runner waited for its job.", JOB_SECONDS),
  github_runner_job_duration_seconds: histogram(
    "From the start of a job to the end of its runner.",
    JOB_SECONDS,
    { status: JOB_STATUSES },
  ),
  github_runner_reconcile_duration_seconds: histogram("How long reconciles took.", START_SECONDS),
  github_runner_github_requests_total: counter("Requests of the service to GitHub, by their outcome.", {
    outcome: ["ok", "not_modified", "refused", "rate_limited", "server_error", "no_answer"],
  }),
  github_runner_github_request_duration_seconds: histogram(
    "How long GitHub took to answer the service.",
    CALL_SECONDS,
  ),
  github_runner_github_rate_limit_remaining: gauge("Requests that GitHub still accepts before the reset."),
  github_runner_github_rate_limit: gauge("Requests that GitHub accepts in an hour."),
  github_runner_github_rate_limit_reset_timestamp_seconds: gauge("When GitHub's rate limit is reset."),
  github_runner_lxd_call_duration_seconds: histogram(
    "How long LXD took to answer the service, by the outcome; waits for operations are not counted.",
    CALL_SECONDS,
    { outcome: ["ok", "refused", "no_answer"] },
  ),
  github_runner_pool_size_bytes: gauge("Size of the storage pool of the unit's runners."),
  github_runner_pool_available_bytes: gauge("Free space in the storage pool of the unit's runners."),
  github_runner_memory_size_bytes: gauge("Memory of the machine."),
  github_runner_memory_available_bytes: gauge("Memory of the machine that is available without swapping."),
  process_resident_memory_bytes: gauge("Resident memory of the runner service."),
  process_cpu_seconds_total: counter("CPU time of the runner service."),
  process_start_time_seconds: gauge("When the runner service was started."),
  process_open_fds: gauge("Open file descriptors of the runner service."),
} as const;

export type UnitMetricTable = typeof UNIT_METRICS;
