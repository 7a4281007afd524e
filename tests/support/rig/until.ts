import { systemClock } from "charm-kit";

const PERIOD_MS = 10;

/**
 * Probes again and again until something has happened; for what sends no event.
 *
 * @param what is awaited, as it reads after "Waiting for".
 * @param found tells what there was instead.
 * @returns the first answer of `probe` that is neither undefined nor false.
 * @throws an Error that names what was awaited when the signal aborts, also in the middle of a probe; what a probe fails with.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  signal: AbortSignal,
  found: () => string = () => "",
): Promise<T> {
  for (;;) {
    const seen = await probe().catch((thrown: unknown) => {
      if (!signal.aborted) throw thrown;
      return undefined;
    });
    if (seen !== undefined && seen !== false) return seen;
    if (signal.aborted)
      throw new Error(`Waiting for ${what} took too long${found()}`, { cause: signal.reason });
    await systemClock.wait(PERIOD_MS, signal).catch(() => undefined);
  }
}
