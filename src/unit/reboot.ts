import type { Host } from "../host/host.ts";
import type { RunnerManager } from "../runners/runner-manager.ts";

/** The services that a restart of the machine needs. */
export interface RebootDependencies {
  readonly host: Pick<Host, "mayReboot">;
  readonly manager: Pick<RunnerManager, "check" | "flushIdle">;
}

/**
 * Prepares a restart that the machine requires, such as after a kernel update. Removes idle runners, so that GitHub
 * assigns no job to them. Does nothing while a runner is busy.
 *
 * @returns whether the machine may restart now: no runner of this unit exists, and no other unit's runner is busy.
 */
export async function makeWayForReboot(
  { host, manager }: RebootDependencies,
  signal: AbortSignal,
): Promise<boolean> {
  if (!(await host.mayReboot(signal))) return false;
  const { busy } = await manager.check(signal);
  if (busy > 0) return false;
  await manager.flushIdle(signal);
  const { names } = await manager.check(signal);
  // Runners of other units may have got a job during the flush.
  return names.length === 0 && host.mayReboot(signal);
}
