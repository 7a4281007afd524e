import { systemClock } from "charm-kit";

const PERIOD_MS = 10;

/**
 * Looks at the world again and again until there is something to see; for what tells nobody when it happens.
 *
 * @param what is awaited, as it reads after "Waiting for".
 * @returns the first answer of `look` that is neither undefined nor false.
 * @throws the signal's reason, and an Error that names what was awaited.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (signal.aborted) throw new Error(`Waiting for ${what} took too long`, { cause: signal.reason });
    await systemClock.wait(PERIOD_MS, signal).catch(() => undefined);
  }
}
