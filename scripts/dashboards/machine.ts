import type { Dashboard } from "./dashboard.ts";
import { quantile, rate, select, selectOwn } from "./promql.ts";

const share = (left: Parameters<typeof select>[0], of: Parameters<typeof select>[0]) =>
  `${select(left)} / ${select(of)}`;

/** Is the machine large enough, and what do LXD, GitHub and the service take? */
export const MACHINE: Dashboard = {
  uid: "github-runner-machine",
  title: "GitHub runners: machine",
  description: "Memory, disk, LXD, requests to GitHub, and the runner service itself.",
  rows: [
    {
      title: "Room",
      panels: [
        {
          title: "Available memory",
          description: "Memory of the machine that is available without swapping, by unit.",
          style: { kind: "lines" },
          unit: "bytes",
          queries: [
            { expression: select("github_runner_memory_available_bytes"), legend: "{{juju_unit}}" },
            { expression: `max(${select("github_runner_memory_size_bytes")})`, legend: "largest machine" },
          ],
        },
        {
          title: "Available share of memory",
          description: "Below a tenth, jobs are at risk of the kernel's out-of-memory killer.",
          style: { kind: "lines" },
          unit: "percentunit",
          queries: [
            {
              expression: share("github_runner_memory_available_bytes", "github_runner_memory_size_bytes"),
              legend: "{{juju_unit}}",
            },
          ],
        },
        {
          title: "Free space in the storage pool",
          description: "Space for the disks of runners, by unit.",
          style: { kind: "lines" },
          unit: "bytes",
          queries: [
            { expression: select("github_runner_pool_available_bytes"), legend: "{{juju_unit}}" },
            { expression: `max(${select("github_runner_pool_size_bytes")})`, legend: "largest pool" },
          ],
        },
        {
          title: "Free share of the storage pool",
          description: "A full pool ends jobs with errors of their disk.",
          style: { kind: "lines" },
          unit: "percentunit",
          queries: [
            {
              expression: share("github_runner_pool_available_bytes", "github_runner_pool_size_bytes"),
              legend: "{{juju_unit}}",
            },
          ],
        },
        {
          title: "Wanted runners without room",
          description: "Wanted runners that the machine cannot hold.",
          style: { kind: "bars" },
          unit: "short",
          queries: [
            {
              expression: `${select("github_runner_runners_wanted")} - ${select("github_runner_runners_capacity")}`,
              legend: "{{juju_unit}}",
            },
          ],
        },
        {
          title: "Age of image and runner application",
          description:
            "Since the image for new runners was built, and since GitHub first offered its runner application.",
          style: { kind: "lines" },
          unit: "s",
          queries: [
            {
              expression: `time() - ${select("github_runner_last_success_timestamp_seconds", 'work="image_build"')}`,
              legend: "image, {{juju_unit}}",
            },
            {
              expression: `time() - ${select("github_runner_application_seen_timestamp_seconds")}`,
              legend: "application, {{juju_unit}}",
            },
          ],
        },
      ],
    },
    {
      title: "LXD",
      panels: [
        {
          title: "Calls of LXD",
          description: "In a second, by outcome; waits for operations are not counted.",
          style: { kind: "stack" },
          unit: "ops",
          queries: [
            {
              expression: `sum by (outcome) (${rate(select("github_runner_lxd_call_duration_seconds_count"))})`,
              legend: "{{outcome}}",
            },
          ],
        },
        {
          title: "Time of LXD's answers",
          description: "The median and the 95th percentile by unit, of the last 15 minutes.",
          style: { kind: "lines" },
          unit: "s",
          queries: [0.5, 0.95].map((part) => ({
            expression: quantile(part, "github_runner_lxd_call_duration_seconds", "", ["juju_unit"]),
            legend: `p${part * 100}, {{juju_unit}}`,
          })),
        },
      ],
    },
    {
      title: "GitHub",
      panels: [
        {
          title: "Requests to GitHub",
          description:
            "In a minute, by outcome. Answers that have not changed do not count against the rate limit.",
          style: { kind: "stack" },
          unit: "short",
          queries: [
            {
              expression: `sum by (outcome) (${rate(select("github_runner_github_requests_total"))}) * 60`,
              legend: "{{outcome}}",
            },
          ],
        },
        {
          title: "Time of GitHub's answers",
          description: "Percentiles of the last 15 minutes.",
          style: { kind: "lines" },
          unit: "s",
          queries: [0.5, 0.95].map((part) => ({
            expression: quantile(part, "github_runner_github_request_duration_seconds"),
            legend: `p${part * 100}`,
          })),
        },
        {
          title: "Rate limit left",
          description:
            "Requests that GitHub still accepts, as a share of those in an hour. Units with one token share it.",
          style: { kind: "lines" },
          unit: "percentunit",
          queries: [
            {
              expression: share(
                "github_runner_github_rate_limit_remaining",
                "github_runner_github_rate_limit",
              ),
              legend: "{{juju_unit}}",
            },
          ],
        },
        {
          title: "Rate limit is reset in",
          description: "When GitHub accepts all requests again.",
          style: { kind: "lines" },
          unit: "s",
          queries: [
            {
              expression: `clamp_min(${select("github_runner_github_rate_limit_reset_timestamp_seconds")} - time(), 0)`,
              legend: "{{juju_unit}}",
            },
          ],
        },
      ],
    },
    {
      title: "Runner service",
      panels: [
        {
          title: "Reconciles",
          description: "In an hour, by unit.",
          style: { kind: "lines" },
          unit: "short",
          queries: [
            {
              expression: `${rate(select("github_runner_reconciles_total"))} * 3600`,
              legend: "{{juju_unit}}",
            },
          ],
        },
        {
          title: "Duration of reconciles",
          description: "Percentiles of the last 15 minutes.",
          style: { kind: "lines" },
          unit: "s",
          queries: [0.5, 0.95].map((part) => ({
            expression: quantile(part, "github_runner_reconcile_duration_seconds"),
            legend: `p${part * 100}`,
          })),
        },
        {
          title: "Last reconcile, in intervals",
          description:
            "Time since the last reconcile that ended well, in units of reconcile-interval. Above 2, one was missed.",
          style: { kind: "lines" },
          unit: "short",
          queries: [
            {
              expression: `(time() - ${select("github_runner_last_success_timestamp_seconds", 'work="reconcile"')}) / on (instance, juju_unit) ${select("github_runner_reconcile_interval_seconds")}`,
              legend: "{{juju_unit}}",
            },
          ],
        },
        {
          title: "Memory of the service",
          description: "Resident memory of the runner service.",
          style: { kind: "lines" },
          unit: "bytes",
          queries: [{ expression: selectOwn("process_resident_memory_bytes"), legend: "{{juju_unit}}" }],
        },
        {
          title: "Processors of the service",
          description: "Processors that the runner service keeps busy; 1 is one processor.",
          style: { kind: "lines" },
          unit: "percentunit",
          queries: [
            {
              expression: `${rate(select("process_cpu_seconds_total"))} and on (instance, job) ${select("github_runner_build_info")}`,
              legend: "{{juju_unit}}",
            },
          ],
        },
        {
          title: "Open files and age of the service",
          description: "File descriptors of the runner service, and hours since its start.",
          style: { kind: "lines" },
          unit: "short",
          queries: [
            { expression: selectOwn("process_open_fds"), legend: "open files, {{juju_unit}}" },
            {
              expression: `(time() - ${selectOwn("process_start_time_seconds")}) / 3600`,
              legend: "hours, {{juju_unit}}",
            },
          ],
        },
      ],
    },
  ],
};
