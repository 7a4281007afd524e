import type { Clock, Logger } from "charm-kit";
import { joinRunners } from "./observed-runner.ts";
import type { Machines } from "./ports.ts";
import type { World } from "./world.ts";

/** Services for {@link afterJobStartedHooks}. */
export interface JobStartedHooksDependencies {
  readonly machines: Machines;
  readonly clock: Clock;
  readonly log: Logger;
}

const LIMIT_MS = 150_000;
const INTERVAL_MS = 2000;

/**
 * Waits until no runner runs its job-started hook, in which a policy may refuse the job; at most 150 seconds.
 *
 * @param observe reads LXD and GitHub; called again after each wait, since a runner may have taken a job meanwhile.
 * @returns the last reading: no runner ran its hook then, or the time was over.
 */
export async function afterJobStartedHooks<T extends World>(
  { machines, clock, log }: JobStartedHooksDependencies,
  observe: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const end = clock.now() + LIMIT_MS;
  for (;;) {
    const observed = await observe();
    const candidates = mayRunHook(observed);
    const activities = await Promise.all(candidates.map((name) => machines.inspect(name, signal)));
    const waiting = activities.filter((activity) => activity === "job-started-hook").length;
    if (waiting === 0) return observed;
    if (clock.now() >= end) {
      log.warning("Continuing although runners run their job-started hooks", { runners: waiting });
      return observed;
    }
    await clock.wait(INTERVAL_MS, signal);
  }
}

/** Runners that GitHub lists as busy, or does not list. */
function mayRunHook({ machines, registrations }: World): string[] {
  return joinRunners(machines, registrations)
    .runners.filter(
      ({ machine, registration }) => machine.state === "running" && registration?.busy !== false,
    )
    .map(({ machine }) => machine.name);
}
