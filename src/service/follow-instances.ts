import { type Clock, type Logger, messageOf } from "charm-kit";
import type { UnitChange, UnitChanges } from "./ports.ts";
import type { Wake } from "./wakes.ts";

/** Actions after which a runner may be missing. */
const ENDS = new Set(["instance-deleted", "instance-shutdown", "instance-stopped"]);
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** A stream that has lasted so long is no part of a series of failures. */
const LASTING_MS = 60_000;
/**
 * Changes of pool, bridge, profiles and firewall within this time are looked at once more: the unit's own repairs are among
 * them, and whoever changes these for ever must not keep the service at work for ever.
 */
export const SETTLING_MS = 10_000;

export interface FollowDependencies {
  readonly changes: UnitChanges;
  /** Whether an instance is a runner of this unit, by its name. */
  readonly isOurs: (instance: string) => boolean;
  readonly wake: (reason: Wake) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Wakes the loop when a runner's instance ends and when LXD's part of what runners stand on changes, for ever: a lost
 * connection is made again, and everything is looked at anew then. Pauses between attempts grow until a connection lasts.
 *
 * The first attempt that fails after a loss wakes the loop too. The loop asks LXD itself, and shows a fault only where LXD is
 * not back within the time that each call waits for one that is started again: an update of LXD is over by then, and
 * changes no status.
 *
 * @throws the signal's reason.
 */
export async function followInstances(
  { changes, isOurs, wake, clock, log }: FollowDependencies,
  signal: AbortSignal,
): Promise<never> {
  const infrastructure = new Settling({ clock, wake }, signal);
  const tell = (change: UnitChange): void => {
    if ("member" in change) wake("cluster");
    else if (!("instance" in change)) infrastructure.changed();
    else if (ENDS.has(change.action) && isOurs(change.instance)) wake("instance");
  };
  let pause = FIRST_PAUSE_MS;
  let isLost = false;
  for (;;) {
    let openedAt: number | undefined;
    try {
      await changes.follow(
        () => {
          openedAt = clock.now();
          wake("reconnected");
        },
        tell,
        signal,
      );
    } catch (thrown) {
      signal.throwIfAborted();
      log.info("The connection to LXD's events is lost; connecting again", { reason: messageOf(thrown) });
    }
    signal.throwIfAborted();
    if (openedAt === undefined && isLost) wake("disconnected");
    isLost = openedAt !== undefined;
    if (openedAt !== undefined && clock.now() - openedAt >= LASTING_MS) pause = FIRST_PAUSE_MS;
    await clock.wait(pause, signal);
    pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
  }
}

/** Wakes the loop at the first change, and once more after all that follow soon. */
class Settling {
  readonly #parts: Pick<FollowDependencies, "clock" | "wake">;
  readonly #signal: AbortSignal;
  #isSettling = false;
  #hasChanged = false;

  constructor(parts: Pick<FollowDependencies, "clock" | "wake">, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  changed(): void {
    this.#hasChanged = true;
    // Aborted with the service.
    if (!this.#isSettling) this.#settle().catch(() => undefined);
  }

  async #settle(): Promise<void> {
    const { clock, wake } = this.#parts;
    this.#isSettling = true;
    try {
      while (this.#hasChanged) {
        this.#hasChanged = false;
        wake("infrastructure");
        await clock.wait(SETTLING_MS, this.#signal);
      }
    } finally {
      this.#isSettling = false;
    }
  }
}
