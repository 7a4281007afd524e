/** Event of the reconcile timer. */
export const RECONCILE_EVENT = "reconcile-runners";
/** Event of the timer that refreshes the runner image. */
export const REFRESH_EVENT = "refresh-image";
/** Events of all timers of a unit. */
export const TIMED_EVENTS = [RECONCILE_EVENT, REFRESH_EVENT] as const;
