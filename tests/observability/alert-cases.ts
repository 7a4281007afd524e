/** Values of a series, in promtool's notation: `0x90` is 0 ninety-one times, `0+1x5` is 0, 1, ... 5. */
export type SeriesValues = Readonly<Record<string, string>>;

/** When an alert fires, and when it does not. Series have no labels of Juju; the test adds them. */
export interface AlertCase {
  /** When its state is looked at, in minutes. */
  readonly minute: number;
  /** Minutes from one value to the next. @default 1 */
  readonly step?: number;
  readonly fires: SeriesValues;
  /** As near to firing as can be. */
  readonly silent: SeriesValues;
}

const TIME = "github_runner_last_success_timestamp_seconds";
const REFILL = "github_runner_refill_duration_seconds";
const WAIT = "github_runner_wait_duration_seconds";
const GITHUB = "github_runner_github_requests_total";
const LXD = "github_runner_lxd_call_duration_seconds";

interface Slowness {
  readonly bad: number;
  readonly of: number;
  readonly steps: number;
}

/** A histogram of which so many are slower than the objective in each step. */
const slow = (name: string, labels: string, { bad, of, steps }: Slowness): SeriesValues => ({
  [`${name}_bucket{${labels}le="10.0"}`]: `0+${of - bad}x${steps}`,
  [`${name}_bucket{${labels}le="+Inf"}`]: `0+${of}x${steps}`,
  [`${name}_count{${labels}}`]: `0+${of}x${steps}`,
});

/** Each alert of the charm. */
export const ALERT_CASES: Readonly<Record<string, AlertCase>> = {
  GithubRunnerRefillBudgetFast: {
    minute: 65,
    fires: slow(REFILL, "", { bad: 3, of: 10, steps: 70 }),
    silent: slow(REFILL, "", { bad: 1, of: 10, steps: 70 }),
  },
  GithubRunnerRefillBudgetSlow: {
    step: 5,
    minute: 365,
    fires: slow(REFILL, "", { bad: 1, of: 10, steps: 75 }),
    silent: slow(REFILL, "", { bad: 1, of: 20, steps: 75 }),
  },
  GithubRunnerWaitBudgetFast: {
    minute: 65,
    fires: slow(WAIT, 'stage="assigned",', { bad: 3, of: 10, steps: 70 }),
    // Of stages that are not the unit's business.
    silent: {
      ...slow(WAIT, 'stage="queued",', { bad: 9, of: 10, steps: 70 }),
      ...slow(WAIT, 'stage="first_step",', { bad: 0, of: 10, steps: 70 }),
    },
  },
  GithubRunnerWaitBudgetSlow: {
    step: 5,
    minute: 365,
    fires: slow(WAIT, 'stage="first_step",', { bad: 1, of: 10, steps: 75 }),
    // Too few to mean anything.
    silent: {
      [`${WAIT}_bucket{stage="assigned",le="10.0"}`]: "0x75",
      [`${WAIT}_count{stage="assigned"}`]: "0x60 0+1x4 5x12",
    },
  },
  GithubRunnerJobKilled: {
    minute: 30,
    fires: { github_runner_jobs_killed_total: "0x20 1x20" },
    silent: { github_runner_jobs_killed_total: "7x40" },
  },
  GithubRunnerNone: {
    minute: 15,
    fires: {
      github_runner_runners_capacity: "4x20",
      'github_runner_runners{state="idle"}': "0x20",
      'github_runner_runners{state="busy"}': "0x20",
      'github_runner_runners{state="offline"}': "4x20",
    },
    silent: {
      github_runner_runners_capacity: "4x20",
      'github_runner_runners{state="idle"}': "0x20",
      'github_runner_runners{state="busy"}': "1x20",
    },
  },
  GithubRunnerMissing: {
    minute: 25,
    fires: {
      github_runner_runners_capacity: "4x30",
      'github_runner_runners{state="idle"}': "1x30",
      'github_runner_runners{state="busy"}': "2x30",
    },
    // Each is replaced within minutes.
    silent: {
      github_runner_runners_capacity: "4x30",
      'github_runner_runners{state="idle"}': "1 1 1 2 1 1 2 1 1 1 2 1 1 1 2 1 1 1 2 1 1 1 2 1 1 1",
      'github_runner_runners{state="busy"}': "2x30",
    },
  },
  GithubRunnerOffline: {
    minute: 35,
    fires: {
      'github_runner_runners{state="offline"}': "1x40",
      'github_runner_runners{state="unknown"}': "0x40",
    },
    silent: {
      'github_runner_runners{state="offline"}': "1x20 0x20",
      'github_runner_runners{state="unknown"}': "0x40",
      'github_runner_runners{state="busy"}': "5x40",
    },
  },
  GithubRunnerCapacity: {
    minute: 65,
    fires: { github_runner_runners_wanted: "8x70", github_runner_runners_capacity: "6x70" },
    // As many as there are jobs.
    silent: {
      github_runner_runners_wanted: "8x70",
      github_runner_runners_capacity: "6x70",
      github_runner_jobs_assigned: "5x70",
    },
  },
  GithubRunnerCrashes: {
    minute: 50,
    fires: { github_runner_runners_crashed_total: "0x10 0+1x4 4x40" },
    silent: { github_runner_runners_crashed_total: "0x10 0+1x2 2x40" },
  },
  GithubRunnerOutdated: {
    minute: 125,
    fires: { github_runner_runners_outdated: "2x130" },
    silent: { github_runner_runners_outdated: "2x100 0x30" },
  },
  GithubRunnerStale: {
    minute: 60,
    fires: { [`${TIME}{work="reconcile"}`]: "0x70", github_runner_reconcile_interval_seconds: "600x70" },
    silent: {
      [`${TIME}{work="reconcile"}`]: "0+60x70",
      [`${TIME}{work="image_build"}`]: "0x70",
      github_runner_reconcile_interval_seconds: "600x70",
    },
  },
  GithubRunnerPaused: {
    minute: 20,
    fires: { 'github_runner_service_state{state="paused"}': "1x30" },
    silent: {
      'github_runner_service_state{state="paused"}': "0x30",
      'github_runner_service_state{state="waiting"}': "1x30",
    },
  },
  GithubRunnerWithoutSettings: {
    minute: 35,
    fires: { 'github_runner_service_state{state="without_settings"}': "1x40" },
    silent: { 'github_runner_service_state{state="without_settings"}': "1x20 0x20" },
  },
  GithubRunnerFailing: {
    minute: 35,
    fires: {
      'github_runner_failing_causes{concern="creation"}': "1x40",
      'github_runner_failing_causes{concern="round"}': "0x40",
    },
    silent: {
      'github_runner_failing_causes{concern="creation"}': "1x20 0x20",
      'github_runner_failing_causes{concern="round"}': "0x40",
    },
  },
  GithubRunnerRestarts: {
    minute: 50,
    fires: {
      process_start_time_seconds: "1x10 2x5 3x5 4x5 5x40",
      'github_runner_build_info{version="1"}': "1x60",
    },
    // Another program.
    silent: { process_start_time_seconds: "1x10 2x5 3x5 4x5 5x40" },
  },
  GithubRunnerSessionFailing: {
    minute: 20,
    fires: { 'github_runner_demand_session_state{state="failing"}': "1x30" },
    silent: {
      'github_runner_demand_session_state{state="failing"}': "1x4 0 1x20",
      'github_runner_demand_session_state{state="open"}': "0x4 1 0x20",
    },
  },
  GithubRunnerJobsWait: {
    minute: 20,
    fires: { github_runner_jobs_waiting_since_timestamp_seconds: "300x30" },
    // Others wait each time.
    silent: { github_runner_jobs_waiting_since_timestamp_seconds: "0+60x30" },
  },
  GithubRunnerImageMissing: {
    minute: 50,
    fires: {
      'github_runner_image_state{state="missing"}': "0x60",
      'github_runner_image_state{state="refused"}': "1x60",
    },
    silent: {
      'github_runner_image_state{state="missing"}': "1x30 0x30",
      'github_runner_image_state{state="due"}': "0x30 1x30",
    },
  },
  GithubRunnerImageOld: {
    step: 60,
    minute: 50 * 60,
    fires: { [`${TIME}{work="image_build"}`]: "0x52" },
    silent: {
      [`${TIME}{work="image_build"}`]: "0x23 86400x28",
      [`${TIME}{work="application_check"}`]: "0x52",
    },
  },
  GithubRunnerApplicationUnchecked: {
    step: 60,
    minute: 26 * 60,
    fires: { [`${TIME}{work="application_check"}`]: "0x28" },
    silent: { [`${TIME}{work="application_check"}`]: "0x11 43200x16" },
  },
  GithubRunnerGithubDown: {
    minute: 30,
    fires: {
      [`${GITHUB}{outcome="ok"}`]: "0+1x40",
      [`${GITHUB}{outcome="no_answer"}`]: "0+3x40",
      [`${GITHUB}{outcome="server_error"}`]: "0+1x40",
    },
    silent: {
      [`${GITHUB}{outcome="ok"}`]: "0+3x40",
      [`${GITHUB}{outcome="refused"}`]: "0+9x40",
      [`${GITHUB}{outcome="no_answer"}`]: "0+1x40",
    },
  },
  GithubRunnerPolicyFailing: {
    minute: 70,
    fires: {
      'github_runner_policy_checks_total{verdict="allowed"}': "0+8x80",
      'github_runner_policy_checks_total{verdict="refused"}': "0+1x80",
      'github_runner_policy_checks_total{verdict="failed"}': "0+2x80",
    },
    // Refusals are what the policy is for.
    silent: {
      'github_runner_policy_checks_total{verdict="allowed"}': "0+2x80",
      'github_runner_policy_checks_total{verdict="refused"}': "0+7x80",
      'github_runner_policy_checks_total{verdict="failed"}': "0+1x80",
    },
  },
  GithubRunnerRateLimit: {
    minute: 15,
    fires: {
      github_runner_github_rate_limit: "5000x20",
      github_runner_github_rate_limit_remaining: "499x20",
    },
    silent: {
      github_runner_github_rate_limit: "5000x20",
      github_runner_github_rate_limit_remaining: "500x20",
    },
  },
  GithubRunnerLxdDown: {
    minute: 30,
    fires: { [`${LXD}_count{outcome="ok"}`]: "0+1x40", [`${LXD}_count{outcome="no_answer"}`]: "0+2x40" },
    silent: {
      [`${LXD}_count{outcome="ok"}`]: "0+2x40",
      [`${LXD}_count{outcome="refused"}`]: "0+5x40",
      [`${LXD}_count{outcome="no_answer"}`]: "0+2x40",
    },
  },
  GithubRunnerLxdSlow: {
    minute: 35,
    fires: {
      [`${LXD}_bucket{outcome="ok",le="10.0"}`]: "0+8x40",
      [`${LXD}_bucket{outcome="ok",le="30.0"}`]: "0+10x40",
      [`${LXD}_bucket{outcome="ok",le="+Inf"}`]: "0+10x40",
    },
    silent: {
      [`${LXD}_bucket{outcome="ok",le="10.0"}`]: "0+98x40",
      [`${LXD}_bucket{outcome="ok",le="30.0"}`]: "0+100x40",
      [`${LXD}_bucket{outcome="ok",le="+Inf"}`]: "0+100x40",
    },
  },
  GithubRunnerPoolFull: {
    minute: 20,
    fires: { github_runner_pool_size_bytes: "100x30", github_runner_pool_available_bytes: "9x30" },
    silent: { github_runner_pool_size_bytes: "100x30", github_runner_pool_available_bytes: "10x30" },
  },
  GithubRunnerMemoryLow: {
    minute: 20,
    fires: { github_runner_memory_size_bytes: "100x30", github_runner_memory_available_bytes: "4x30" },
    silent: { github_runner_memory_size_bytes: "100x30", github_runner_memory_available_bytes: "5x30" },
  },
};
