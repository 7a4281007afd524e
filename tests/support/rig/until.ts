import { systemClock } from "charm-kit";

const PERIOD_MS = 10;
const LONGEST_PERIOD_MS = 250;
/** Pauses come to a tenth of the time waited so far: a probe of LXD costs what others need, and so much later hurts nobody. */
const GROWTH = 1.1;

/**
 * Probes again and again until something has happened; for what sends no event.
 *
 * @param what is awaited, as it reads after "Waiting for".
 * @param found tells what there was instead.
 * @returns the first answer of `probe` that is neither undefined nor false.
 * @throws an Error that names what was awaited when the signal aborts, also in the middle of a probe; what a probe fails with.
 */
export function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  signal: AbortSignal,
  found: () => string = () => "",
): Promise<T> {
  return probing(probe, { what, found, growth: GROWTH }, signal);
}

/** {@link until} for a moment that is to be met, or passes: it probes at the same short period to the end. */
export function atOnce<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  signal: AbortSignal,
): Promise<T> {
  return probing(probe, { what, found: () => "", growth: 1 }, signal);
}

interface Awaited {
  readonly what: string;
  readonly found: () => string;
  /** How much longer each pause is than the one before. */
  readonly growth: number;
}

async function probing<T>(
  probe: () => Promise<T | undefined | false>,
  { what, found, growth }: Awaited,
  signal: AbortSignal,
): Promise<T> {
  for (let period = PERIOD_MS; ; period = Math.min(period * growth, LONGEST_PERIOD_MS)) {
    const seen = await probe().catch((thrown: unknown) => {
      if (!signal.aborted) throw thrown;
      return undefined;
    });
    if (seen !== undefined && seen !== false) return seen;
    if (signal.aborted)
      throw new Error(`Waiting for ${what} took too long${found()}`, { cause: signal.reason });
    await systemClock.wait(period, signal).catch(() => undefined);
  }
}
