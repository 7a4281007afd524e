import { messageOf } from "charm-kit";
import type { WorkloadDependencies } from "./workload-dependencies.ts";

type SweepDependencies = Pick<WorkloadDependencies, "github" | "log" | "logs" | "serverLogs">;

/** Deletes old logs, and scale sets that the unit no longer uses. */
export async function sweepLeftovers(dependencies: SweepDependencies, signal: AbortSignal): Promise<void> {
  await dependencies.logs.sweep();
  await dependencies.serverLogs.sweep(signal);
  await releaseScaleSets(dependencies, signal);
}

/** Jobs of a scale set that nobody listens to would wait for a day. Best effort: a later look tries again. */
async function releaseScaleSets({ github, log }: SweepDependencies, signal: AbortSignal): Promise<void> {
  try {
    await github.unusedScaleSets?.release(signal);
  } catch (thrown) {
    signal.throwIfAborted();
    log.debug("Cannot delete a former scale set", { reason: messageOf(thrown) });
  }
}
