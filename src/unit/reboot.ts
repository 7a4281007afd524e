import type { Host } from "../host/host.ts";
import type { RunnerManager } from "../runners/runner-manager.ts";
import type { SettingsFile } from "./settings-file.ts";

/** The services that a restart of the machine needs. */
export interface RebootDependencies {
  readonly host: Pick<Host, "mayReboot">;
  readonly manager: Pick<RunnerManager, "check" | "flushIdle">;
  /** Keeps the runner service from replacing the removed runners. */
  readonly service: Pick<SettingsFile, "pause" | "resume">;
}

/**
 * Prepares a restart that the machine requires, such as after a kernel update. Removes idle runners, so that GitHub
 * assigns no job to them. Does nothing while a runner is busy. The settings of the runner service stay paused where the
 * machine may restart: the hooks after it publish them again.
 *
 * @returns whether the machine may restart now: no runner of this unit exists, and no other unit's runner is busy.
 */
export async function makeWayForReboot(
  { host, manager, service }: RebootDependencies,
  signal: AbortSignal,
): Promise<boolean> {
  if (!(await host.mayReboot(signal))) return false;
  const { busy } = await manager.check(signal);
  if (busy > 0) return false;
  await service.pause("the machine is about to restart");
  let isReady = false;
  try {
    await manager.flushIdle(signal);
    const { names } = await manager.check(signal);
    // Runners of other units may have got a job during the flush.
    isReady = names.length === 0 && (await host.mayReboot(signal));
  } finally {
    if (!isReady) await service.resume();
  }
  return isReady;
}
