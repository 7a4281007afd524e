import { OperationError } from "./errors.ts";

/**
 * Each takes LXD's 5 seconds or more, where the machine is slow: emulated virtual machines were seen to need more than five
 * while they booted.
 */
const ATTEMPTS = 20;

/**
 * Runs a command again as long as LXD has not started it, since a busy machine opened its connections too late: see
 * {@link OperationError.commandNotStarted}. `exec.run` does so by itself; this is for a command of `exec.start`.
 *
 * @param run starts the command with a fresh input, and resolves at its end.
 * @returns what `run` resolves with.
 * @throws what `run` rejects with, when the command was started or was not for 20 times.
 */
export async function untilStarted<Ended>(run: () => Promise<Ended>): Promise<Ended> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (thrown) {
      const isUnstarted = thrown instanceof OperationError && thrown.commandNotStarted;
      if (attempt === ATTEMPTS || !isUnstarted) throw thrown;
    }
  }
}
