import type { ServiceStatus } from "../../src/unit/service-status.ts";

/** The status of a service that waits, with what a test changes in it. */
export function sampleStatus(change: Partial<ServiceStatus> = {}): ServiceStatus {
  return {
    unit: "runners/0",
    revision: 1,
    program: "test",
    startedAt: 0,
    activity: { state: "waiting", until: 1 },
    checkedAt: 0,
    counts: undefined,
    runners: [],
    wanted: 2,
    intervalMs: 600_000,
    capacity: 2,
    image: "current",
    waiting: 0,
    demand: undefined,
    notices: [],
    fault: undefined,
    failures: [],
    nextAttemptAt: undefined,
    settingsFault: undefined,
    ...change,
  };
}
