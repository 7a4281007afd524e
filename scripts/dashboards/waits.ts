import type { Dashboard, HistogramName, Query } from "./dashboard.ts";
import { mean, quantile, rate, select, shareWithin } from "./promql.ts";
import { statePanel } from "./state-panel.ts";

const WAIT = "github_runner_wait_duration_seconds";

const quantiles = (name: HistogramName, matchers = ""): readonly Query[] =>
  [0.5, 0.95, 0.99].map((share) => ({
    expression: quantile(share, name, matchers),
    legend: `p${share * 100}`,
  }));

/** Why do jobs wait, and which part of it is ours? */
export const WAITS: Dashboard = {
  uid: "github-runner-waits",
  title: "GitHub runners: queue and waits",
  description: "How long jobs wait, and for what. Percentiles are of the last 15 minutes.",
  rows: [
    {
      title: "In the time that is shown",
      panels: [
        {
          title: "Started jobs",
          description: "Jobs that runners have started.",
          style: { kind: "number" },
          unit: "short",
          queries: [
            {
              expression: `sum(increase(${select("github_runner_jobs_started_total")}[$__range]))`,
              legend: "jobs",
            },
          ],
        },
        {
          title: "Assigned within 30 s",
          description: "Jobs that GitHub assigned to a runner within 30 seconds of their time in the queue.",
          style: { kind: "number" },
          unit: "percentunit",
          queries: [{ expression: shareWithin("30.0", WAIT, 'stage="queued"'), legend: "within 30 s" }],
        },
        {
          title: "First step within 5 s",
          description: "Jobs whose first step began within 5 seconds of GitHub's assignment.",
          style: { kind: "number" },
          unit: "percentunit",
          queries: [{ expression: shareWithin("5.0", WAIT, 'stage="first_step"'), legend: "within 5 s" }],
        },
        {
          title: "Runners ready within 10 s",
          description: "Runners that listened for jobs within 10 seconds of the decision to create them.",
          style: { kind: "number" },
          unit: "percentunit",
          queries: [
            {
              expression: shareWithin("10.0", "github_runner_start_duration_seconds", ""),
              legend: "within 10 s",
            },
          ],
        },
        {
          title: "Free runners",
          description: "Idle runners that the next jobs get without a wait.",
          style: { kind: "number" },
          unit: "short",
          queries: [
            { expression: `sum(${select("github_runner_runners", 'state="idle"')})`, legend: "idle" },
          ],
        },
        {
          title: "Successful jobs",
          description: "Ended jobs whose conclusion GitHub reports as a success.",
          style: { kind: "number" },
          unit: "percentunit",
          queries: [
            {
              expression: `sum(increase(${select("github_runner_jobs_ended_total", 'conclusion="success"')}[$__range])) / sum(increase(${select("github_runner_jobs_ended_total")}[$__range]))`,
              legend: "success",
            },
          ],
        },
      ],
    },
    {
      title: "Jobs",
      panels: [
        {
          title: "Time in the queue",
          description:
            "From a job's creation until GitHub assigns it to a runner. Grows when no runner is idle.",
          style: { kind: "lines" },
          unit: "s",
          queries: quantiles(WAIT, 'stage="queued"'),
        },
        {
          title: "From assignment to the first step",
          description: "What the runner application needs to take a job and begin it.",
          style: { kind: "lines" },
          unit: "s",
          queries: quantiles(WAIT, 'stage="first_step"'),
        },
        {
          title: "Runners for jobs",
          description: "Jobs find idle runners; when all are busy, they wait.",
          style: { kind: "stack" },
          unit: "short",
          queries: [
            { expression: `sum(${select("github_runner_runners", 'state="busy"')})`, legend: "busy" },
            { expression: `sum(${select("github_runner_runners", 'state="idle"')})`, legend: "idle" },
            { expression: `sum(${select("github_runner_standby_instances")})`, legend: "standby" },
          ],
        },
        {
          title: "Started jobs by event",
          description: "In an hour, by GitHub's event that started the workflow.",
          style: { kind: "stack" },
          unit: "short",
          queries: [
            {
              expression: `sum by (github_event) (${rate(select("github_runner_jobs_started_total"))}) * 3600 > 0`,
              legend: "{{github_event}}",
            },
          ],
        },
        {
          title: "Checks of repositories, with repo-policy=builtin",
          description: "In an hour. Jobs whose check was refused or failed do not run.",
          style: { kind: "stack" },
          unit: "short",
          queries: [
            {
              expression: `sum by (verdict) (${rate(select("github_runner_policy_checks_total"))}) * 3600`,
              legend: "{{verdict}}",
            },
          ],
        },
        {
          title: "Duration of jobs",
          description:
            "From the start of a job to the end of its runner, the 95th percentile by the runner's end.",
          style: { kind: "lines" },
          unit: "s",
          queries: [
            {
              expression: quantile(0.95, "github_runner_job_duration_seconds", "", ["status"]),
              legend: "p95, {{status}}",
            },
          ],
        },
        {
          title: "Idle time of runners",
          description:
            "How long runners waited for their job. Short times mean that more runners would have jobs.",
          style: { kind: "lines" },
          unit: "s",
          queries: quantiles("github_runner_idle_duration_seconds"),
        },
      ],
    },
    {
      title: "Demand, with scaling=demand",
      panels: [
        {
          title: "Assigned jobs",
          description:
            "Jobs that GitHub has assigned to the units' scale sets; those that wait have no runner yet.",
          style: { kind: "lines" },
          unit: "short",
          queries: [
            { expression: `sum(${select("github_runner_jobs_assigned")})`, legend: "assigned" },
            { expression: `sum(${select("github_runner_jobs_waiting")})`, legend: "waiting" },
          ],
        },
        {
          title: "Longest wait of an assigned job",
          description: "Since when assigned jobs wait for a runner.",
          style: { kind: "lines" },
          unit: "s",
          queries: [
            {
              expression: `time() - ${select("github_runner_jobs_waiting_since_timestamp_seconds")}`,
              legend: "{{juju_unit}}",
            },
          ],
        },
        {
          title: "From the scale set to a runner",
          description: "How long jobs had been assigned to the unit's scale set when a runner took them.",
          style: { kind: "lines" },
          unit: "s",
          queries: quantiles(WAIT, 'stage="assigned"'),
        },
        statePanel({
          title: "Session",
          description: "The session that tells of assigned jobs. `failing`: nothing is heard of them.",
          name: "github_runner_demand_session_state",
          states: { open: "green", opening: "blue", failing: "red" },
        }),
        {
          title: "Messages",
          description: "Messages of these sessions in a second.",
          style: { kind: "lines" },
          unit: "ops",
          queries: [
            {
              expression: `sum by (juju_unit) (${rate(select("github_runner_demand_messages_total"))})`,
              legend: "{{juju_unit}}",
            },
          ],
        },
      ],
    },
    {
      title: "Runners",
      panels: [
        {
          title: "From a used runner to the next",
          description: "How long the place of a used runner was vacant. The objective is 10 seconds.",
          style: { kind: "lines" },
          unit: "s",
          queries: quantiles("github_runner_refill_duration_seconds"),
        },
        {
          title: "Jobs that the unit has ended",
          description: "By removing their runner, other than at a person's request. The objective is none.",
          style: { kind: "bars" },
          unit: "short",
          queries: [
            {
              expression: `sum(increase(${select("github_runner_jobs_killed_total")}[$__rate_interval]))`,
              legend: "jobs",
            },
          ],
        },
        {
          title: "From the decision to a runner that listens",
          description: "What a job waits for when there is neither an idle runner nor a standby instance.",
          style: { kind: "lines" },
          unit: "s",
          queries: quantiles("github_runner_start_duration_seconds"),
        },
        {
          title: "Parts of a start",
          description:
            "Mean of each part. A runner that was a standby instance is not cloned; a container boots while it is online already.",
          style: { kind: "bars" },
          unit: "s",
          queries: [
            {
              expression: mean(WAIT, 'stage=~"cloned|booted|registered|online"', ["stage"]),
              legend: "{{stage}}",
            },
          ],
        },
      ],
    },
  ],
};
