import type { MetricRegistry } from "../metrics/metric-registry.ts";
import type { UnitMetricTable } from "../metrics/unit-metric-table.ts";
import type { ServiceStatus } from "../unit/service-status.ts";
import { wantedRunners } from "./shown-status.ts";

const CONCERNS = ["round", "creation", "lifetime", "removal"] as const;

/** Sets the metrics of the service's status. */
export function showStatus(registry: MetricRegistry<UnitMetricTable>, status: ServiceStatus): void {
  const { counts } = status;
  const wanted = wantedRunners(status);
  registry.set("github_runner_runners", { state: "idle" }, counts?.online);
  registry.set("github_runner_runners", { state: "busy" }, counts?.busy);
  registry.set("github_runner_runners", { state: "offline" }, counts?.offline);
  registry.set("github_runner_runners", { state: "unknown" }, counts?.unknown);
  registry.set("github_runner_standby_instances", {}, counts?.standby);
  registry.set("github_runner_runners_wanted", {}, wanted);
  registry.set("github_runner_runners_capacity", {}, status.capacity ?? wanted);
  registry.set("github_runner_runners_outdated", {}, status.waiting);
  registry.choose("github_runner_service_state", status.activity.state.replace(" ", "_"));
  registry.choose("github_runner_image_state", status.image);
  for (const concern of CONCERNS) {
    const count = status.failures.filter((failure) => failure.concern === concern).length;
    registry.set("github_runner_failing_causes", { concern }, count);
  }
  registry.set("github_runner_next_attempt_timestamp_seconds", {}, inSeconds(status.nextAttemptAt));
  const at = inSeconds(status.checkedAt);
  registry.set("github_runner_last_success_timestamp_seconds", { work: "reconcile" }, at);
  registry.set("process_start_time_seconds", {}, inSeconds(status.startedAt));
}

/** Prometheus' unit of times. */
export function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
