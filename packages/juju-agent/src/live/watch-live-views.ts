import type { Clock } from "charm-kit";
import { followLiveView } from "./ask-live-view.ts";
import type { LiveView } from "./live-view.ts";

export interface WatchDependencies {
  /** The sockets that units have declared now, by the units' names. */
  readonly sockets: () => Promise<Readonly<Record<string, string>>>;
  /** Told of each view, and with undefined when a unit's program does not respond any more. */
  readonly onView: (unit: string, view: LiveView | undefined) => void;
  readonly clock: Clock;
}

/** How often declarations are read, and a program that does not answer is asked again. */
const PERIOD_MS = 1000;

/** Follows the live views of all units until the signal is aborted. Never throws. */
export async function watchLiveViews(
  { sockets, onView, clock }: WatchDependencies,
  signal: AbortSignal,
): Promise<void> {
  const followed = new Set<string>();
  const follow = async (unit: string, socket: string) => {
    followed.add(unit);
    await followLiveView(
      socket,
      (view) => {
        onView(unit, view);
      },
      signal,
    ).catch(() => undefined);
    onView(unit, undefined);
    followed.delete(unit);
  };
  const following: Promise<void>[] = [];
  while (!signal.aborted) {
    for (const [unit, socket] of Object.entries(await sockets())) {
      if (!followed.has(unit)) following.push(follow(unit, socket));
    }
    await clock.wait(PERIOD_MS, signal).catch(() => undefined);
  }
  await Promise.all(following);
}
