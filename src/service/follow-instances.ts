import { type Clock, type Logger, messageOf } from "charm-kit";
import type { InstanceChanges } from "./ports.ts";
import type { Wake } from "./wakes.ts";

/** Actions after which a runner may be missing. */
const ENDS = new Set(["instance-deleted", "instance-shutdown", "instance-stopped"]);
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

export interface FollowDependencies {
  readonly changes: InstanceChanges;
  /** Whether an instance is a runner of this unit, by its name. */
  readonly isOurs: (instance: string) => boolean;
  readonly wake: (reason: Wake) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Wakes the loop when a runner's instance ends, for ever: a lost connection is made again, and everything is looked at
 * anew then.
 *
 * @throws the signal's reason.
 */
export async function followInstances(
  { changes, isOurs, wake, clock, log }: FollowDependencies,
  signal: AbortSignal,
): Promise<never> {
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    try {
      await changes.follow(
        () => {
          pause = FIRST_PAUSE_MS;
          wake("reconnected");
        },
        ({ action, instance }) => {
          if (ENDS.has(action) && isOurs(instance)) wake("instance");
        },
        signal,
      );
    } catch (thrown) {
      signal.throwIfAborted();
      log.info("LXD's events are lost; connecting again", {
        reason: messageOf(thrown),
        seconds: pause / 1000,
      });
    }
    signal.throwIfAborted();
    await clock.wait(pause, signal);
    pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
  }
}
