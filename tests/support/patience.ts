/** A machine of continuous integration may be this many times slower than a quiet one, for which tests give their limits. */
export const SLOWEST = 3;

const SOON_MS = 90_000;

/**
 * A signal for what happens at once on a quiet machine. It protects from waiting for ever, no more: nothing is shown by how
 * soon it comes. It is shorter than the time of a test, so that the wait tells what has not happened.
 */
export function soon(): AbortSignal {
  return AbortSignal.timeout(SOON_MS);
}
