import type { Clock, Logger } from "charm-kit";
import { joinRunners } from "./observed-runner.ts";
import type { Machines } from "./ports.ts";
import type { World } from "./world.ts";

/** What is needed to wait for pre-job stages. */
export interface PreJobStageParts {
  readonly machines: Machines;
  readonly clock: Clock;
  readonly log: Logger;
}

const LIMIT_MS = 150_000;
const INTERVAL_MS = 2000;

/**
 * Waits until no runner is in its pre-job stage, where a policy may be about to refuse the job, at most 150 seconds.
 *
 * @param observe reads the world; called anew after each wait, since a runner may have taken a job meanwhile.
 * @returns the world as it was when no runner was in its pre-job stage, or when the time was over.
 */
export async function afterPreJobs<T extends World>(
  { machines, clock, log }: PreJobStageParts,
  observe: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const end = clock.now() + LIMIT_MS;
  for (;;) {
    const observed = await observe();
    const candidates = mayBeInPreJob(observed);
    const sights = await Promise.all(candidates.map((name) => machines.look(name, signal)));
    const waiting = sights.filter((sight) => sight === "pre-job").length;
    if (waiting === 0) return observed;
    if (clock.now() >= end) {
      log.warning("Going on although runners are in their pre-job stage", { runners: waiting });
      return observed;
    }
    await clock.wait(INTERVAL_MS, signal);
  }
}

/** Only a runner that GitHub calls busy, or does not speak of, can be in it. */
function mayBeInPreJob({ machines, registrations }: World): string[] {
  return joinRunners(machines, registrations)
    .runners.filter(
      ({ machine, registration }) => machine.state === "running" && registration?.busy !== false,
    )
    .map(({ machine }) => machine.name);
}
