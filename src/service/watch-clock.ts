import type { Clock, Logger } from "charm-kit";

export interface WatchClockOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Milliseconds of a clock that nobody sets, and that stands still while the machine is suspended. @default the kernel's */
  readonly uptime?: () => number;
  /** Called when the time of day has changed otherwise than by passing. */
  readonly onJump: () => void;
}

const PERIOD_MS = 20_000;
/** Smaller ones are corrections by a time server, and change nothing. */
const SHORTEST_JUMP_MS = 30_000;

/**
 * Notices that the clock was set or the machine suspended, and tells it: waits have not gone on meanwhile, and runners may have
 * ended.
 *
 * @throws the signal's reason.
 */
export async function watchClock(
  { clock, log, onJump, uptime = () => performance.now() }: WatchClockOptions,
  signal: AbortSignal,
): Promise<never> {
  let before = { now: clock.now(), uptime: uptime() };
  for (;;) {
    await clock.wait(PERIOD_MS, signal);
    const present = { now: clock.now(), uptime: uptime() };
    const jumpMs = present.now - before.now - (present.uptime - before.uptime);
    before = present;
    if (Math.abs(jumpMs) < SHORTEST_JUMP_MS) continue;
    const what =
      jumpMs > 0
        ? "The machine was suspended, or its clock was set forward"
        : "The machine's clock was set back";
    log.warning(what, { seconds: Math.round(Math.abs(jumpMs) / 1000) });
    onJump();
  }
}
