import type { Lock } from "../runners/runner-manager.ts";

/**
 * A lock for work with settings that another process may replace during the wait.
 *
 * @param ensureCurrent called with the lock held; throws when other settings are in force by then.
 */
export function currentLock(lock: Lock, ensureCurrent: () => Promise<void>): Lock {
  return {
    run: (work, signal) =>
      lock.run(async (wanted) => {
        await ensureCurrent();
        return work(wanted);
      }, signal),
  };
}
