import { type Clock, type Logger, messageOf } from "charm-kit";
import type { InstanceChanges } from "./ports.ts";
import type { Wake } from "./wakes.ts";

/** Actions after which a runner may be missing. */
const ENDS = new Set(["instance-deleted", "instance-shutdown", "instance-stopped"]);
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** A stream that has lasted so long is no part of a series of failures. */
const LASTING_MS = 60_000;

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
 * anew then. Pauses between attempts grow until a connection lasts.
 *
 * @throws the signal's reason.
 */
export async function followInstances(
  { changes, isOurs, wake, clock, log }: FollowDependencies,
  signal: AbortSignal,
): Promise<never> {
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    let openedAt: number | undefined;
    try {
      await changes.follow(
        () => {
          openedAt = clock.now();
          wake("reconnected");
        },
        ({ action, instance }) => {
          if (ENDS.has(action) && isOurs(instance)) wake("instance");
        },
        signal,
      );
    } catch (thrown) {
      signal.throwIfAborted();
      log.info("LXD's events are lost; connecting again", { reason: messageOf(thrown) });
    }
    signal.throwIfAborted();
    if (openedAt !== undefined && clock.now() - openedAt >= LASTING_MS) pause = FIRST_PAUSE_MS;
    await clock.wait(pause, signal);
    pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
  }
}
