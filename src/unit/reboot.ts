import type { Host } from "../host/host.ts";
import type { RunnerManager } from "../runners/runner-manager.ts";

/** Whom a restart of the machine concerns. */
export interface RebootParts {
  readonly host: Pick<Host, "mayReboot">;
  readonly manager: Pick<RunnerManager, "check" | "flushIdle">;
}

/**
 * Makes way for a restart that the machine asks for, as after an update of its kernel: idle runners go, so that GitHub
 * hands no job to one meanwhile. While a runner is busy, nothing is done.
 *
 * @returns whether the machine may restart now: no runner is left, and no other unit's is at work.
 */
export async function makeWayForReboot(
  { host, manager }: RebootParts,
  signal: AbortSignal,
): Promise<boolean> {
  if (!(await host.mayReboot(signal))) return false;
  const { busy } = await manager.check(signal);
  if (busy > 0) return false;
  await manager.flushIdle(signal);
  const { names } = await manager.check(signal);
  // The flush takes a while, in which others may have got work.
  return names.length === 0 && host.mayReboot(signal);
}
