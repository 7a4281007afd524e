import type { Dashboard } from "./dashboard.ts";
import { rate, select } from "./promql.ts";
import { statePanel } from "./state-panel.ts";

const RUNNERS = "github_runner_runners";
const ONLINE = `sum(${select(RUNNERS, 'state=~"idle|busy"')})`;

/** Are the runners there, and are they well? */
export const FLEET: Dashboard = {
  uid: "github-runner-fleet",
  title: "GitHub runners: fleet",
  description: "Whether the runners of the chosen units are there and well.",
  rows: [
    {
      title: "Now",
      panels: [
        {
          title: "Busy runners",
          description: "Runners that run a job.",
          style: { kind: "number" },
          unit: "short",
          queries: [{ expression: `sum(${select(RUNNERS, 'state="busy"')})`, legend: "busy" }],
        },
        {
          title: "Idle runners",
          description: "Runners that wait for a job.",
          style: { kind: "number" },
          unit: "short",
          queries: [{ expression: `sum(${select(RUNNERS, 'state="idle"')})`, legend: "idle" }],
        },
        {
          title: "Missing runners",
          description:
            "Wanted runners that are neither idle nor busy. Some are on their way while others are replaced.",
          style: { kind: "number", limits: { warn: 1 } },
          unit: "short",
          queries: [
            {
              expression: `clamp_min(sum(${select("github_runner_runners_wanted")}) - ${ONLINE}, 0)`,
              legend: "missing",
            },
          ],
        },
        {
          title: "Standby instances",
          description: "Instances that wait to become runners.",
          style: { kind: "number" },
          unit: "short",
          queries: [{ expression: `sum(${select("github_runner_standby_instances")})`, legend: "standby" }],
        },
        {
          title: "Failing causes",
          description:
            "Causes that have failed since their last success, of all units. A unit's status names them.",
          style: { kind: "number", limits: { warn: 1, bad: 3 } },
          unit: "short",
          queries: [{ expression: `sum(${select("github_runner_failing_causes")})`, legend: "causes" }],
        },
        {
          title: "Crashed runners",
          description: "Runners that started a job and did not report its end, in the time that is shown.",
          style: { kind: "number", limits: { warn: 1 } },
          unit: "short",
          queries: [
            {
              expression: `sum(increase(${select("github_runner_runners_crashed_total")}[$__range]))`,
              legend: "crashed",
            },
          ],
        },
      ],
    },
    {
      title: "Runners",
      panels: [
        {
          title: "Runners by state",
          description: "All runners of the chosen units. Runners that start are offline.",
          style: { kind: "stack" },
          unit: "short",
          queries: [{ expression: `sum by (state) (${select(RUNNERS)})`, legend: "{{state}}" }],
        },
        {
          title: "Wanted, possible and online",
          description: "Runners that are wanted, those of them that the machines can hold, and those online.",
          style: { kind: "lines" },
          unit: "short",
          queries: [
            { expression: `sum(${select("github_runner_runners_wanted")})`, legend: "wanted" },
            { expression: `sum(${select("github_runner_runners_capacity")})`, legend: "possible" },
            { expression: ONLINE, legend: "online" },
          ],
        },
        {
          title: "Share of busy runners",
          description: "Busy runners of those wanted, by unit. At 100 % further jobs wait.",
          style: { kind: "lines" },
          unit: "percentunit",
          queries: [
            {
              expression: `sum by (juju_unit) (${select(RUNNERS, 'state="busy"')}) / sum by (juju_unit) (${select("github_runner_runners_wanted")} > 0)`,
              legend: "{{juju_unit}}",
            },
          ],
        },
        {
          title: "Outdated runners",
          description: "Runners of an earlier configuration that stay until a successor is online.",
          style: { kind: "bars" },
          unit: "short",
          queries: [{ expression: select("github_runner_runners_outdated"), legend: "{{juju_unit}}" }],
        },
        {
          title: "Started and crashed runners",
          description: "In an hour, at the pace of the last minutes.",
          style: { kind: "lines" },
          unit: "short",
          queries: [
            {
              expression: `sum(${rate(select("github_runner_runners_started_total"))}) * 3600`,
              legend: "started",
            },
            {
              expression: `sum(${rate(select("github_runner_runners_crashed_total"))}) * 3600`,
              legend: "crashed",
            },
          ],
        },
        {
          title: "Ended jobs",
          description: "In an hour, by the runner's end and GitHub's conclusion.",
          style: { kind: "stack" },
          unit: "short",
          queries: [
            {
              expression: `sum by (status, conclusion) (${rate(select("github_runner_jobs_ended_total"))}) * 3600 > 0`,
              legend: "{{status}}, {{conclusion}}",
            },
          ],
        },
      ],
    },
    {
      title: "Units",
      panels: [
        statePanel({
          title: "Service",
          description: "What the runner service of each unit does.",
          name: "github_runner_service_state",
          states: { waiting: "green", working: "blue", paused: "orange", without_settings: "red" },
        }),
        statePanel({
          title: "Image",
          description:
            "The image for new runners. `due`: another one is built next. `missing`: no runner can be created.",
          name: "github_runner_image_state",
          states: { current: "green", due: "blue", refused: "orange", missing: "red" },
        }),
        {
          title: "Failing causes by unit",
          description: "What the causes keep a unit from.",
          style: { kind: "bars" },
          unit: "short",
          queries: [
            {
              expression: `sum by (juju_unit, concern) (${select("github_runner_failing_causes")}) > 0`,
              legend: "{{juju_unit}}: {{concern}}",
            },
          ],
        },
        {
          title: "Next attempt in",
          description: "When a unit tries again what has failed. Empty while nothing fails.",
          style: { kind: "lines" },
          unit: "s",
          queries: [
            {
              expression: `clamp_min(${select("github_runner_next_attempt_timestamp_seconds")} - time(), 0)`,
              legend: "{{juju_unit}}",
            },
          ],
        },
        {
          title: "Age of the last success",
          description: "How long ago work that recurs last ended well, the oldest of the chosen units.",
          style: { kind: "lines" },
          unit: "s",
          queries: [
            {
              expression: `time() - min by (work) (${select("github_runner_last_success_timestamp_seconds")})`,
              legend: "{{work}}",
            },
          ],
        },
        {
          title: "Versions",
          description: "Units by the versions of their charm and its Node.js.",
          style: { kind: "stack" },
          unit: "short",
          queries: [
            {
              expression: `sum by (version, node_version) (${select("github_runner_build_info")})`,
              legend: "{{version}} with Node.js {{node_version}}",
            },
          ],
        },
      ],
    },
  ],
};
