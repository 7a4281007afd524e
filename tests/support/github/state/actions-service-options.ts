/** The times that GitHub's service keeps, in milliseconds of the virtual clock. */
export interface ActionsServiceOptions {
  /** Silence after which a runner counts as offline. @default 60 seconds */
  readonly offlineAfterMs?: number;
  /** How long a runner that took a job may be silent before the job is given up. @default 10 minutes */
  readonly lockMs?: number;
  /** How long a runner may leave a job that it was given untouched. @default 60 seconds */
  readonly pickUpMs?: number;
  /** How long a registration lives whose runner has not connected. @default 24 hours */
  readonly unconnectedMs?: number;
  /** How long a job waits for a runner. @default 24 hours */
  readonly queuedMs?: number;
  /** How long a runner may be idle; some versions of the service end them early. @default no limit */
  readonly idleMs?: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Fills the defaults in. */
export function resolveActionsServiceOptions(
  options: ActionsServiceOptions,
): Required<ActionsServiceOptions> {
  return {
    offlineAfterMs: MINUTE_MS,
    lockMs: 10 * MINUTE_MS,
    pickUpMs: MINUTE_MS,
    unconnectedMs: DAY_MS,
    queuedMs: DAY_MS,
    idleMs: Infinity,
    ...options,
  };
}
