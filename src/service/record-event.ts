import type { UnitEvent } from "../metrics/event-spool.ts";
import type { MetricRegistry } from "../metrics/metric-registry.ts";
import type { UnitMetricTable } from "../metrics/unit-metric-table.ts";

/** Counts an event of the unit. Its values may come from a guest: the registry shows only those that it has. */
export function recordEvent(registry: MetricRegistry<UnitMetricTable>, event: UnitEvent): void {
  switch (event.event) {
    case "runner_installed":
      registry.count("github_runner_runners_started_total", {});
      registry.observe("github_runner_start_duration_seconds", {}, event.duration);
      return;
    case "start_stages":
      for (const [stage, seconds] of Object.entries(event.stages))
        registry.observe("github_runner_wait_duration_seconds", { stage }, seconds);
      return;
    case "first_step":
      registry.observe("github_runner_wait_duration_seconds", { stage: "first_step" }, event.duration);
      return;
    case "refill":
      registry.observe("github_runner_refill_duration_seconds", {}, event.duration);
      return;
    case "job_killed":
      registry.count("github_runner_jobs_killed_total", {});
      return;
    case "runner_start":
      registry.count("github_runner_jobs_started_total", { github_event: event.github_event });
      registry.observe("github_runner_idle_duration_seconds", {}, event.idle);
      if (event.queue_duration !== undefined)
        registry.observe("github_runner_wait_duration_seconds", { stage: "queued" }, event.queue_duration);
      return;
    case "runner_stop": {
      const { status, job_conclusion: conclusion = "unknown" } = event;
      registry.count("github_runner_jobs_ended_total", { status, conclusion });
      registry.observe("github_runner_job_duration_seconds", { status }, event.job_duration);
      return;
    }
    case "reconciliation":
      registry.count("github_runner_reconciles_total", {});
      registry.count("github_runner_runners_crashed_total", {}, event.crashed_runners);
      registry.observe("github_runner_reconcile_duration_seconds", {}, event.duration);
  }
}
