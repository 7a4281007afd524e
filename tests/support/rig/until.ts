import { systemClock } from "charm-kit";

const PERIOD_MS = 10;

/**
 * Probes again and again until something has happened; for what sends no event.
 *
 * @param what is awaited, as it reads after "Waiting for".
 * @returns the first answer of `probe` that is neither undefined nor false.
 * @throws the signal's reason, and an Error that names what was awaited.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    const seen = await probe();
    if (seen !== undefined && seen !== false) return seen;
    if (signal.aborted) throw new Error(`Waiting for ${what} took too long`, { cause: signal.reason });
    await systemClock.wait(PERIOD_MS, signal).catch(() => undefined);
  }
}
